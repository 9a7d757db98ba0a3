package dev.qlease.ops;

import dev.qlease.json.RecordReader;
import dev.qlease.json.RecordWriter;
import dev.qlease.lease.state.StateDirectory;
import dev.qlease.lease.state.StateLock;
import dev.qlease.linux.KernelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is kept between calls, in a file for each namespace of NICs that only root may read and write. As the leases
 * themselves, it does not outlive the boot.
 */
class Journal {
    /** The directory of the files. */
    static final Path ROOT = Path.of("/run/qlease/ops");

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(60);
    private static final int LONGEST_HISTORY = 100;

    private final StateDirectory parent;
    private final StateDirectory directory;
    private final StateLock lock;
    private final String file;
    private final String bootId;

    /** @param home the cookie of the namespace of the NICs */
    Journal(Path root, long home) {
        this.parent =
                new StateDirectory(Objects.requireNonNull(root.getParent()), StateDirectory.READABLE, Journal::refused);
        this.directory = new StateDirectory(root, StateDirectory.PRIVATE, Journal::refused);
        this.lock = new StateLock(root.resolve("lock"), LOCK_TIMEOUT, "applying state", Journal::refused);
        this.file = "state-" + Long.toUnsignedString(home);
        this.bootId = KernelFiles.read(BOOT_ID);
    }

    private static OpsException refused(String sentence) {
        return new OpsException(OpsException.Reason.STATE, sentence);
    }

    /**
     * What is kept.
     *
     * @param bootId the id of the boot to which it belongs
     * @param own the ids of the leases that applies have created
     * @param applied the last apply; empty if there is none, or it was rolled back
     * @param previous the apply before, until the last one has succeeded
     * @param history the history, the oldest entry first
     */
    record Content(
            String bootId,
            List<String> own,
            Optional<Applied> applied,
            Optional<Applied> previous,
            List<HistoryEntry> history) {
        Content {
            own = List.copyOf(own);
            history = List.copyOf(history);
        }

        /** Returns the last apply if it has to be confirmed. */
        Optional<Applied> unconfirmed() {
            return applied.filter(last -> last.phase() == Applied.Phase.UNCONFIRMED);
        }

        /** Returns a copy in which a new apply has begun. */
        Content begun(Applied next) {
            Optional<Applied> before = applied.filter(last -> last.phase() == Applied.Phase.APPLIED);
            return new Content(bootId, own, Optional.of(next), before, history);
        }

        /** Returns a copy with the last apply in another phase. */
        Content with(Applied now) {
            Optional<Applied> before = now.phase() == Applied.Phase.APPLIED ? Optional.empty() : previous;
            return new Content(bootId, own, Optional.of(now), before, history);
        }

        /** Returns a copy in which the last apply, which has changed nothing after all, had not begun. */
        Content without(Content before) {
            return new Content(bootId, before.own(), before.applied(), before.previous(), history);
        }

        /** Returns a copy without the last apply, which was undone; the apply before is the last one then. */
        Content undone() {
            return new Content(bootId, own, previous, Optional.empty(), history);
        }

        Content own(List<String> ids) {
            return new Content(bootId, ids, applied, previous, history);
        }

        Content entry(String command, String outcome, List<String> changes) {
            List<HistoryEntry> entries = new ArrayList<>(history);
            entries.add(new HistoryEntry(
                    Instant.now().truncatedTo(ChronoUnit.SECONDS), Who.now(), command, outcome, changes));
            int excess = Math.max(0, entries.size() - LONGEST_HISTORY);
            return new Content(bootId, own, applied, previous, entries.subList(excess, entries.size()));
        }
    }

    /** Called before each write. Does nothing; tests throw an Error here to simulate the death of the process. */
    void reached(String point) {}

    /**
     * Runs {@code work} while no other process applies state.
     *
     * @throws OpsException if the lock is not free in time; the message names its holder
     */
    <T> T locked(StateLock.Work<T> work) {
        parent.create();
        directory.create();
        return lock.locked(work);
    }

    /** Returns the file, which each save replaces. */
    Path file() {
        return directory.path().resolve(file);
    }

    /**
     * Takes the lock of the one process that watches; the caller closes it.
     *
     * @throws OpsException if another process holds it
     */
    InstanceLock watching() {
        parent.create();
        directory.create();
        return InstanceLock.take(directory.path().resolve(file.replace("state-", "watch-")), "qlease watch", "qlease");
    }

    /** Returns what is kept. */
    Content read() {
        try {
            Optional<String> text = directory.read(file);
            if (text.isPresent()) {
                Content content = RecordReader.read(Content.class, text.get());
                if (content.bootId().equals(bootId)) {
                    return content;
                }
            }
        } catch (IOException e) {
            throw refused(directory.path() + "/" + file + ": " + e.getMessage()
                    + "; remove the file to start anew, leases stay as they are then");
        }
        return new Content(bootId, List.of(), Optional.empty(), Optional.empty(), List.of());
    }

    /** Replaces what is kept. */
    void save(Content content) {
        reached("save " + content.applied().map(Applied::phase));
        directory.write(file, RecordWriter.text(content));
    }
}
