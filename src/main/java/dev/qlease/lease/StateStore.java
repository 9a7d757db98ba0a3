package dev.qlease.lease;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where leases are kept: a directory for each network namespace that has NICs, in it a file for each lease and one for the
 * settings that leases share. A file is replaced as a whole, so that whoever reads it sees it as it was or as it is.
 */
final class StateStore {
    /** Root's alone: what is in it is done by whoever deletes a lease. */
    static final Path DIRECTORY = Path.of("/run/qlease");

    private static final String SUFFIX = ".json";
    private static final String SHARED = "shared" + SUFFIX;

    /** A file lock keeps other processes out, but not this one's threads. */
    private static final ReentrantLock THREADS = new ReentrantLock();

    /** The settings that leases share. */
    record SharedSettings(List<SharedSetting> settings) {
        SharedSettings {
            settings = List.copyOf(settings);
        }
    }

    /** One of them: what it was before the first lease changed it, and the leases that want it changed. */
    record SharedSetting(Undo.Shared undo, List<String> users) {
        SharedSetting {
            users = List.copyOf(users);
        }
    }

    private final Path directory;

    /**
     * The settings that leases share, as they were read or written while the lock is held; null else. Reading them again and
     * again, with the classes that this takes, was a third of a starting process's work for a lease.
     */
    private @Nullable List<SharedSetting> known;

    StateStore(Path parent, long netnsInode) {
        this.directory = parent.resolve(Long.toString(netnsInode));
    }

    /** A change that is made up of several files and calls, during which nobody else changes anything. */
    interface Change<T> {
        T make() throws IOException;
    }

    /**
     * Makes {@code change} while no other process does.
     *
     * @throws LinuxException EACCES if this process may not write there
     */
    <T> T locked(Change<T> change) {
        THREADS.lock();
        try {
            Files.createDirectories(directory);
            try (FileChannel file = FileChannel.open(
                            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = file.lock()) {
                return change.make();
            }
        } catch (IOException e) {
            throw failure("keep leases in", directory, e);
        } finally {
            known = null;
            THREADS.unlock();
        }
    }

    private static LinuxException failure(String what, Path path, IOException e) {
        Errno errno = e instanceof AccessDeniedException ? Errno.EACCES : Errno.EIO;
        String detail = e instanceof AccessDeniedException ? "Permission denied" : String.valueOf(e.getMessage());
        LinuxException failure = new LinuxException(what + " " + path, errno.number(), detail);
        failure.initCause(e);
        return failure;
    }

    /** The leases that there are, by name. */
    List<LeaseState> list() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            List<LeaseState> found = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(SUFFIX) && !name.equals(SHARED)) {
                    read(file, LeaseState.class).ifPresent(found::add);
                }
            }
            return found;
        } catch (IOException e) {
            throw failure("read leases in", directory, e);
        }
    }

    /** The lease of this name. */
    Optional<LeaseState> find(String name) {
        // Not resolved as a path: a name is whatever somebody typed.
        return list().stream().filter(state -> state.info().name().equals(name)).findFirst();
    }

    private static <T extends Record> Optional<T> read(Path file, Class<T> type) {
        try {
            return Optional.of(StateJson.read(type, Files.readString(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failure("read", file, e);
        }
    }

    private void write(String name, Record value) {
        Path file = directory.resolve(name);
        Path next = directory.resolve(name + ".new");
        try {
            Files.writeString(next, StateJson.write(value));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw failure("write", file, e);
        }
    }

    void save(LeaseState state) {
        write(state.info().name() + SUFFIX, state);
    }

    void remove(String lease) {
        delete(lease + SUFFIX);
    }

    private void delete(String name) {
        Path file = directory.resolve(name);
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failure("delete", file, e);
        }
    }

    private List<SharedSetting> shared() {
        // Without the lock somebody else may write them at any time.
        boolean mine = THREADS.isHeldByCurrentThread();
        List<SharedSetting> settings = mine ? known : null;
        if (settings == null) {
            settings = read(directory.resolve(SHARED), SharedSettings.class)
                    .map(SharedSettings::settings)
                    .orElse(List.of());
            if (mine) {
                known = settings;
            }
        }
        return settings;
    }

    private void shared(List<SharedSetting> settings) {
        // What stands there after a write that failed is not known.
        known = null;
        if (settings.isEmpty()) {
            // Reading it takes the next process longer than most of what it does else.
            delete(SHARED);
        } else {
            write(SHARED, new SharedSettings(settings));
        }
        known = List.copyOf(settings);
    }

    /** Whether a lease has changed this setting. */
    boolean isShared(Undo.Shared setting) {
        return shared().stream().anyMatch(one -> one.undo().key().equals(setting.key()));
    }

    /** Notes that {@code lease} wants a setting changed, which before the first of them was as {@code undo} says. */
    void share(Undo.Shared undo, String lease) {
        List<SharedSetting> settings = new ArrayList<>(shared());
        for (int i = 0; i < settings.size(); i++) {
            SharedSetting one = settings.get(i);
            if (one.undo().key().equals(undo.key())) {
                List<String> users = new ArrayList<>(one.users());
                users.remove(lease);
                users.add(lease);
                settings.set(i, new SharedSetting(one.undo(), users));
                shared(settings);
                return;
            }
        }
        settings.add(new SharedSetting(undo, List.of(lease)));
        shared(settings);
    }

    /**
     * The settings that nobody but {@code lease} wants changed, the last one first; but channels behind all others, since
     * they cannot be given back while another setting, made for an earlier lease, is about them.
     */
    List<Undo.Shared> sharedOnlyBy(String lease) {
        List<Undo.Shared> alone = new ArrayList<>();
        for (SharedSetting one : shared().reversed()) {
            if (one.users().equals(List.of(lease))) {
                alone.add(one.undo());
            }
        }
        alone.sort(Comparator.comparing(undo -> undo instanceof Undo.Channels));
        return alone;
    }

    /** Notes that {@code lease} does not want any setting changed any more, or that it was given back. */
    void unshare(String lease) {
        List<SharedSetting> settings = new ArrayList<>();
        for (SharedSetting one : shared()) {
            List<String> users = new ArrayList<>(one.users());
            users.remove(lease);
            if (!users.isEmpty()) {
                settings.add(new SharedSetting(one.undo(), users));
            }
        }
        shared(settings);
    }
}
