package dev.qlease.node.nri;

import java.util.List;

/**
 * Receiver of the events of pods. Its methods are called one at a time, by the thread of {@link NriPlugin#run()}, and
 * should return within the runtime's {@linkplain NriRuntime#requestTimeout() timeout}: a runtime disconnects a plugin
 * that takes longer, and starts the pod without it.
 *
 * <p>An exception is sent to the runtime with its message.
 */
public interface NriHandler {
    /**
     * Handles a new connection to the runtime. Events that happened without a connection are not repeated.
     *
     * @param pods all pods of the runtime, also those that are stopped but not removed
     */
    void synchronize(List<PodSandbox> pods);

    /** Handles a pod whose network is set up, and that has no container yet. The pod does not start if this throws. */
    void runPodSandbox(PodSandbox pod);

    /** Handles a pod that is stopped. Can be called repeatedly for the same pod. */
    void stopPodSandbox(PodSandbox pod);

    /** Handles a pod that is removed. */
    void removePodSandbox(PodSandbox pod);
}
