package dev.qlease.ops;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Inotify;
import dev.qlease.linux.sys.KernelText;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Detects changes of paths that need not exist, by watching all directories on the way that do. After a change, {@link
 * #arm} has to be called again, before the paths are looked at. Owns its descriptor; not thread-safe.
 */
final class PathWatcher implements AutoCloseable {
    private static final Path ROOT = Path.of("/");

    private final Inotify inotify;
    private final Map<Integer, Watched> watched = new HashMap<>();

    private PathWatcher(Inotify inotify) {
        this.inotify = inotify;
    }

    /**
     * A watched directory.
     *
     * @param path the path by which it was found
     * @param inner the names in it that lead further
     * @param last the names in it that are what is watched
     */
    private record Watched(Path path, Set<PathPattern.Part> inner, Set<PathPattern.Part> last) {
        Watched(Path path) {
            this(path, new HashSet<>(), new HashSet<>());
        }
    }

    static PathWatcher open() {
        return new PathWatcher(Inotify.open());
    }

    /** Returns the descriptor, which is readable when there are events. Remains owned by this object. */
    FileDescriptor descriptor() {
        return inotify.descriptor();
    }

    /**
     * Watches exactly these paths from now on.
     *
     * @throws LinuxException ENOSPC if the user has too many watches
     */
    void arm(Collection<PathPattern> patterns) {
        Set<Integer> before = new HashSet<>(watched.keySet());
        watched.clear();
        patterns.forEach(this::arm);
        before.removeAll(watched.keySet());
        before.forEach(inotify::unwatch);
    }

    private void arm(PathPattern pattern) {
        List<Path> directories = List.of(ROOT);
        List<PathPattern.Part> parts = pattern.parts();
        for (int i = 0; i < parts.size(); i++) {
            PathPattern.Part part = parts.get(i);
            boolean last = i + 1 == parts.size();
            List<Path> next = new ArrayList<>();
            for (Path directory : directories) {
                OptionalInt number = inotify.watch(directory);
                if (number.isPresent()) {
                    Watched entry = watched.computeIfAbsent(number.getAsInt(), _ -> new Watched(directory));
                    (last ? entry.last() : entry.inner()).add(part);
                    next.addAll(last ? List.of() : children(directory, part));
                }
            }
            directories = next;
        }
    }

    private static List<Path> children(Path directory, PathPattern.Part part) {
        if (part.exact()) {
            return List.of(directory.resolve(KernelText.path(part.name())));
        }
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path child : all) {
                if (part.matches(KernelText.text(Objects.requireNonNull(child.getFileName())))) {
                    children.add(child);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // It is gone, which is an event.
            return List.of();
        }
        return children;
    }

    /** Takes all events and returns whether one of them is a change of a watched path. */
    boolean changed() {
        boolean changed = false;
        for (Inotify.Event event : inotify.read()) {
            changed |= matters(event);
        }
        return changed;
    }

    private boolean matters(Inotify.Event event) {
        if (event.is(Inotify.OVERFLOW)) {
            return true;
        }
        Watched directory = watched.get(event.watch());
        if (directory == null) {
            return false;
        }
        if (event.is(Inotify.SELF)) {
            return true;
        }
        if (directory.inner().stream().anyMatch(part -> part.matches(event.name()))) {
            return event.is(Inotify.CREATE | Inotify.DELETE | Inotify.MOVED_FROM | Inotify.MOVED_TO);
        }
        return directory.last().stream().anyMatch(part -> part.matches(event.name()))
                && !(event.is(Inotify.CREATE) && isBeingWritten(directory.path(), event.name()));
    }

    /** Returns whether this is a file which its creator has yet to write and close, and no link to another one. */
    private static boolean isBeingWritten(Path directory, String name) {
        Path file = directory.resolve(KernelText.path(name));
        try {
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    && Objects.equals(Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS), 1);
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        inotify.close();
    }
}
