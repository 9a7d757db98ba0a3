package dev.qlease.node.nri;

import dev.qlease.node.nri.proto.LinuxNamespace;
import dev.qlease.node.nri.proto.Pod;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A pod of the runtime.
 *
 * @param id the runtime's identifier of the sandbox
 * @param uid Kubernetes' identifier of the pod
 * @param namespace the Kubernetes namespace
 * @param networkNamespace the path of its network namespace; empty if the pod uses the host's, or one without a path
 */
public record PodSandbox(
        String id,
        String name,
        String uid,
        String namespace,
        Map<String, String> annotations,
        Optional<Path> networkNamespace) {

    public PodSandbox {
        annotations = Map.copyOf(annotations);
    }

    /** @throws NriProtocolException if the pod has no identifier, or the path of its network namespace is invalid */
    static PodSandbox of(Pod pod) throws NriProtocolException {
        if (pod.getId().isEmpty()) {
            throw new NriProtocolException("the runtime sent a pod without an id");
        }
        Optional<Path> network = Optional.empty();
        for (LinuxNamespace each : pod.getLinux().getNamespacesList()) {
            if (each.getType().equals("network") && !each.getPath().isEmpty()) {
                network = Optional.of(absolute(pod, each.getPath()));
            }
        }
        return new PodSandbox(
                pod.getId(), pod.getName(), pod.getUid(), pod.getNamespace(), pod.getAnnotationsMap(), network);
    }

    private static Path absolute(Pod pod, String text) throws NriProtocolException {
        try {
            Path path = Path.of(text);
            if (path.isAbsolute()) {
                return path;
            }
        } catch (InvalidPathException _) {
            // It contains a NUL character.
        }
        throw new NriProtocolException(
                "pod " + pod.getId() + " has a network namespace whose path is invalid: " + text.replace('\0', '?'));
    }
}
