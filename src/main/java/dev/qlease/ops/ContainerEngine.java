package dev.qlease.ops;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.qlease.linux.Errno;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.KernelText;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A container engine, and where it keeps the PID of a container's first process. Reads files only; no program of the
 * engine is run.
 */
enum ContainerEngine {
    /** Podman as root. */
    PODMAN(List.of(
            new Place("run/containers/storage/overlay-containers", "", "userdata/pidfile"),
            new Place("var/lib/containers/storage/overlay-containers", "", "userdata/pidfile"))),
    /** Docker, whose containers are tasks of containerd in the namespace moby. */
    DOCKER(List.of(
            new Place("run/containerd/io.containerd.runtime.v2.task", "moby", "init.pid"),
            new Place("run/docker/containerd/daemon/io.containerd.runtime.v2.task", "moby", "init.pid"),
            new Place("run/docker/runtime-runc", "moby", "state.json"))),
    /** Containerd, with the tasks of all its namespaces, such as k8s.io. */
    CONTAINERD(List.of(new Place("run/containerd/io.containerd.runtime.v2.task", "*", "init.pid")));

    private static final int SHORTEST_ID = 4;
    private static final String PID_MEMBER = "init_process_pid";

    private final List<Place> places;

    ContainerEngine(List<Place> places) {
        this.places = places;
    }

    /**
     * Where PIDs are kept.
     *
     * @param top the directory of the engine or its runtime
     * @param group the directory below it with a directory for each container; {@code *} for all, empty for itself
     * @param file the file with the PID in a container's directory
     */
    private record Place(String top, String group, String file) {
        PathPattern pattern(String id) {
            PathPattern above = PathPattern.of(Path.of("/", top));
            PathPattern containers = group.equals("*") ? above.below("") : above.then(group);
            return containers.below(id).then(file);
        }
    }

    /** Returns the name in files. */
    String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the engine with this {@linkplain #text name}. */
    static ContainerEngine parse(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }

    /** Returns the files that a running container has one of, in the order of their use. */
    List<PathPattern> patterns(String id) {
        return places.stream().map(place -> place.pattern(id)).toList();
    }

    /**
     * Returns the PID of the first process of a running container.
     *
     * @param root the directory in which the engines' directories are; / except in tests
     * @param id the container's id, or an unambiguous beginning of it
     * @throws OpsException if no such container runs, or several do
     * @throws LinuxException with the kernel's error, such as EACCES
     */
    long pid(Path root, String id) {
        Map<String, Path> found = new TreeMap<>();
        for (Place place : places) {
            for (Path directory : directories(root, place)) {
                children(directory).stream()
                        .filter(child -> name(child).startsWith(id))
                        .map(child -> child.resolve(place.file()))
                        .filter(Files::exists)
                        .forEach(file -> found.putIfAbsent(
                                name(directory.relativize(file).getName(0)), file));
            }
        }
        if (found.isEmpty() || id.length() < SHORTEST_ID) {
            throw notFound("no running " + text() + " container has an id that begins with " + id + "; give at least "
                    + SHORTEST_ID + " characters of the id, not the name");
        }
        if (found.size() > 1 && !found.containsKey(id)) {
            throw notFound("several " + text() + " containers have an id that begins with " + id + ": "
                    + String.join(", ", found.keySet()));
        }
        Map.Entry<String, Path> only = found.entrySet().iterator().next();
        String whole = found.containsKey(id) ? id : only.getKey();
        long pid = read(found.getOrDefault(id, only.getValue()));
        requireOwn(root, whole, pid);
        return pid;
    }

    private static OpsException notFound(String sentence) {
        return new OpsException(OpsException.Reason.NOT_FOUND, sentence);
    }

    private static String name(Path path) {
        return KernelText.text(path.getFileName());
    }

    private static List<Path> directories(Path root, Place place) {
        Path top = root.resolve(place.top());
        return place.group().equals("*") ? children(top) : List.of(top.resolve(place.group()));
    }

    private static List<Path> children(Path directory) {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(children::add);
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException | DirectoryIteratorException e) {
            throw LinuxException.of("list " + KernelText.text(directory), Errno.EACCES.number());
        }
        return children;
    }

    private static long read(Path file) {
        String text = KernelFiles.read(file);
        String pid = name(file).endsWith(".json") ? pidOf(text).orElse("") : text;
        if (!pid.matches("[1-9][0-9]{0,9}")) {
            throw notFound(KernelText.text(file) + " contains no PID");
        }
        return Long.parseLong(pid);
    }

    private static Optional<String> pidOf(String text) {
        try (JsonParser json = new JsonFactory().createParser(text)) {
            json.nextToken();
            for (JsonToken token = json.nextToken(); token == JsonToken.FIELD_NAME; token = json.nextToken()) {
                boolean found = json.currentName().equals(PID_MEMBER);
                json.nextToken();
                if (found) {
                    return Optional.of(json.getText());
                }
                json.skipChildren();
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Refuses a process that got the PID after the container's process had ended: its cgroup has another name. */
    private static void requireOwn(Path root, String id, long pid) {
        Path file = root.resolve("proc").resolve(Long.toString(pid)).resolve("cgroup");
        if (KernelFiles.find(file).filter(text -> text.contains(id)).isEmpty()) {
            throw notFound("process " + pid + " is not of container " + id + " any more; is the container running?");
        }
    }
}
