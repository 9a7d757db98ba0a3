package dev.qlease.lease;

import dev.qlease.json.RecordReader;
import dev.qlease.json.RecordWriter;
import dev.qlease.lease.state.StateDirectory;
import dev.qlease.lease.state.StateLock;
import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The records of leases, and of the settings that they share, in two directories of files that only root may write. A
 * record that cannot be read does not affect the others.
 */
class LeaseStore {
    /** The directory of all records. */
    static final Path ROOT = Path.of("/run/qlease");

    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(30);
    private static final String SUFFIX = ".json";

    /** Interface names, and so leases, have no colon. */
    private static final String SEPARATOR = ":";

    private final StateDirectory root;
    private final StateDirectory leases;
    private final StateDirectory settings;
    private final StateLock lock;

    LeaseStore(Path root) {
        this(root, LOCK_TIMEOUT);
    }

    LeaseStore(Path root, Duration lockTimeout) {
        this.root = directory(root);
        this.leases = directory(root.resolve("leases"));
        this.settings = directory(root.resolve("settings"));
        this.lock = new StateLock(root.resolve("lock"), lockTimeout, "making or deleting a lease", LeaseStore::busy);
    }

    private static StateDirectory directory(Path path) {
        return new StateDirectory(path, StateDirectory.READABLE, LeaseStore::refused);
    }

    private static LeaseRefusedException refused(String sentence) {
        return new LeaseRefusedException(LeaseRefusedException.Reason.STATE, sentence);
    }

    private static LeaseRefusedException busy(String sentence) {
        return new LeaseRefusedException(LeaseRefusedException.Reason.BUSY, sentence);
    }

    /** The record of a lease as it was stored. */
    sealed interface Stored {
        String name();
    }

    /** A record that was read. */
    record Known(LeaseRecord record) implements Stored {
        @Override
        public String name() {
            return record.name();
        }
    }

    /** A record that could not be read, and why; the name and id are those in the file name. */
    record Unreadable(String name, LeaseId id, String because) implements Stored {}

    /**
     * Called before each write of a record and each change of the machine. Does nothing; tests throw an Error here to
     * simulate the death of the process.
     */
    void reached(String point) {}

    /**
     * Runs {@code work} while no other process creates or deletes leases.
     *
     * @throws LinuxException EACCES if this process may not write there
     * @throws LeaseRefusedException if the lock is not free in time, or other users may write there
     */
    <T> T locked(StateLock.Work<T> work) {
        root.create();
        leases.create();
        settings.create();
        return lock.locked(work);
    }

    /**
     * Returns all leases of the machine, sorted by name.
     *
     * @throws LinuxException EACCES if this process may not read them
     */
    List<Stored> leases() {
        List<Stored> found = new ArrayList<>();
        if (!root.isThere()) {
            return found;
        }
        for (String file : leases.names()) {
            String[] parts = file.split(SEPARATOR, 2);
            if (parts.length == 2 && parts[1].matches("[0-9a-f]{16}\\.json")) {
                LeaseId id = new LeaseId(parts[1].substring(0, parts[1].length() - SUFFIX.length()));
                read(parts[0], id).ifPresent(found::add);
            }
        }
        return found;
    }

    private Optional<Stored> read(String name, LeaseId id) {
        String file = file(name, id);
        try {
            Optional<String> text = leases.read(file);
            if (text.isEmpty()) {
                return Optional.empty();
            }
            LeaseRecord record = RecordReader.read(LeaseRecord.class, text.get());
            return Optional.of(
                    record.name().equals(name) && record.id().equals(id)
                            ? new Known(record)
                            : new Unreadable(name, id, path(file) + " describes lease " + record.name()));
        } catch (IOException e) {
            return Optional.of(new Unreadable(name, id, path(file) + ": " + e.getMessage()));
        } catch (LinuxException | LeaseRefusedException e) {
            return Optional.of(new Unreadable(name, id, String.valueOf(e.getMessage())));
        }
    }

    private String path(String file) {
        return leases.path() + "/" + file;
    }

    private static String file(String name, LeaseId id) {
        return name + SEPARATOR + id + SUFFIX;
    }

    /** Returns the leases whose records could be read. */
    List<LeaseRecord> records() {
        List<LeaseRecord> records = new ArrayList<>();
        for (Stored stored : leases()) {
            if (stored instanceof Known known) {
                records.add(known.record());
            }
        }
        return records;
    }

    /** Writes a lease's record. */
    void save(LeaseRecord lease) {
        reached("save lease " + lease.phase());
        leases.write(file(lease.name(), lease.id()), RecordWriter.text(lease));
    }

    /** Deletes a lease's record. */
    void remove(String name, LeaseId id) {
        reached("remove lease");
        leases.remove(file(name, id));
    }

    /**
     * Returns the settings that leases have changed. {@code unreadable} is called with the path of each record that
     * cannot be read, and why.
     */
    List<ChangedSetting> settings(Consumer<String> unreadable) {
        List<ChangedSetting> found = new ArrayList<>();
        if (!root.isThere()) {
            return found;
        }
        for (String file : settings.names()) {
            if (!file.endsWith(SUFFIX)) {
                continue;
            }
            try {
                Optional<String> text = settings.read(file);
                if (text.isPresent()) {
                    found.add(RecordReader.read(ChangedSetting.class, text.get()));
                }
            } catch (IOException e) {
                unreadable.accept(settings.path() + "/" + file + ": " + e.getMessage());
            } catch (LinuxException | LeaseRefusedException e) {
                unreadable.accept(String.valueOf(e.getMessage()));
            }
        }
        return found;
    }

    /** Writes a setting's record. */
    void save(ChangedSetting setting) {
        reached("save setting " + setting.setting());
        settings.write(setting.key() + SUFFIX, RecordWriter.text(setting));
    }

    /** Deletes a setting's record. */
    void remove(ChangedSetting setting) {
        reached("remove setting " + setting.setting());
        settings.remove(setting.key() + SUFFIX);
    }
}
