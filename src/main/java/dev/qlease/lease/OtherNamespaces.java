package dev.qlease.lease;

import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.NotANetworkNamespaceException;
import dev.qlease.linux.sys.KernelText;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The network namespaces on this machine, other than the host's own, that can be opened: those mounted somewhere, such
 * as in /run/netns, and those of processes. Searched for devices that were moved.
 */
final class OtherNamespaces {
    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
    private static final String TYPE = " - nsfs ";
    private static final int MOUNT_POINT = 4;

    private OtherNamespaces() {}

    /**
     * Opens one namespace after the other until {@code search} finds something. The result must not use the namespace,
     * which is closed when {@code search} returns.
     *
     * @param first the path of the namespace to search first
     * @param home the cookie of the namespace to skip
     */
    static <T> Optional<T> find(Path first, long home, Function<NetworkNamespace, Optional<T>> search) {
        Set<Path> paths = new LinkedHashSet<>();
        paths.add(first);
        paths.addAll(mounted());
        paths.addAll(ofProcesses());
        Set<Long> seen = new HashSet<>(List.of(home));
        return paths.stream()
                .flatMap(path -> search(path, seen, search).stream())
                .findFirst();
    }

    private static <T> Optional<T> search(Path path, Set<Long> seen, Function<NetworkNamespace, Optional<T>> search) {
        try (NetworkNamespace namespace = NetworkNamespace.at(path)) {
            return seen.add(namespace.cookie()) ? search.apply(namespace) : Optional.empty();
        } catch (LinuxException | NotANetworkNamespaceException e) {
            // The namespace is gone, or this process may not enter it: nothing can be reached there.
            return Optional.empty();
        }
    }

    private static List<Path> mounted() {
        List<Path> paths = new ArrayList<>();
        KernelFiles.read(MOUNTS).lines().forEach(line -> {
            if (line.contains(TYPE)) {
                String path = line.split(" ", MOUNT_POINT + 2)[MOUNT_POINT];
                paths.add(KernelText.path(path.replace("\\040", " ")));
            }
        });
        return paths;
    }

    /**
     * Returns one path for each namespace of a process: most processes share one, and the link identifies it without
     * opening it.
     */
    private static Collection<Path> ofProcesses() {
        Map<String, Path> paths = new LinkedHashMap<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                Path path = process.resolve("ns/net");
                readLink(path).ifPresent(namespace -> paths.putIfAbsent(namespace, path));
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Without /proc only the mounted ones can be opened.
            return paths.values();
        }
        return paths.values();
    }

    private static Optional<String> readLink(Path path) {
        try {
            return Optional.of(KernelFiles.readLink(path));
        } catch (LinuxException e) {
            return Optional.empty();
        }
    }
}
