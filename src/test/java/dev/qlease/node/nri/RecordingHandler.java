package dev.qlease.node.nri;

import java.util.List;
import java.util.function.Consumer;

/**
 * A handler that passes on what it is called for, as a word and the identifiers of the pods.
 *
 * @param events receives them, and can throw what the handler is to throw
 */
record RecordingHandler(Consumer<String> events) implements NriHandler {
    @Override
    public void synchronize(List<PodSandbox> pods) {
        events.accept("synchronize " + pods.stream().map(PodSandbox::id).toList());
    }

    @Override
    public void runPodSandbox(PodSandbox pod) {
        events.accept("run " + pod.id());
    }

    @Override
    public void stopPodSandbox(PodSandbox pod) {
        events.accept("stop " + pod.id());
    }

    @Override
    public void removePodSandbox(PodSandbox pod) {
        events.accept("remove " + pod.id());
    }
}
