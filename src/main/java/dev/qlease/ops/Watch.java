package dev.qlease.ops;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.ops.WatchSources.Source;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Applies the leases that files describe whenever they can be: when a NIC or a namespace appears, and when a file
 * changes. Leases whose NIC or namespace does not exist wait for it, and a lease that fails affects no other.
 *
 * <p>A lease is applied once to the same NIC and namespace: what another program deletes or changes afterwards stays
 * so, until its description, its NIC or its namespace changes, or {@link #reload} is called. While an apply waits to be
 * confirmed, nothing is changed. Owns its descriptors and the lock that lets one process watch. One thread calls {@link
 * #run}; any may call {@link #stop} and {@link #reload}.
 */
public final class Watch implements AutoCloseable {
    /** The time after which a look that failed as a whole is repeated. */
    private static final Duration RETRY = Duration.ofSeconds(30);

    /** The process that waits for the confirmation rolls back itself, if it is alive. */
    private static final Duration GRACE = Duration.ofSeconds(3);

    private static final Path RECORDS = Path.of("/run/qlease/leases");
    private static final String FILES = "files";
    private static final String APPLY = "apply";
    private static final String LAST = "last apply";
    private static final String SELF = "qlease watch";

    private final Ops ops;
    private final InstanceLock lock;
    private final WatchSources sources;
    private final List<String> names;
    private final Listener listener;
    private final WatchReport report;
    private final Attempts attempts = new Attempts();
    private Optional<WantedState> wanted = Optional.empty();

    /** Whether leases that no file describes are to be deleted with the next look. */
    private boolean whole;

    private Watch(Ops ops, InstanceLock lock, WatchSources sources, List<String> names, Listener listener) {
        this.ops = ops;
        this.lock = lock;
        this.sources = sources;
        this.names = List.copyOf(names);
        this.listener = listener;
        this.report = new WatchReport(this::tell);
    }

    /** What is reported. */
    public enum Kind {
        /** A change that was made. */
        CHANGE,
        /** A lease or a NIC waits for something. */
        WAIT,
        /** Something failed, or is invalid. */
        PROBLEM,
        /** Something is left as it is. */
        NOTE;

        /** Returns the name in lower case. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A report.
     *
     * @param kind what is reported
     * @param about the lease or NIC; empty for a change, whose sentence names it
     * @param sentence the report
     */
    public record Event(Kind kind, String about, String sentence) {}

    /** Receives reports. */
    public interface Listener {
        /** Called when something happens, and when a state changes. */
        void report(Event event) throws IOException;

        /** Called when files are read again because {@link Watch#reload} was called. */
        void reloading() throws IOException;

        /**
         * Called after each look at the machine.
         *
         * @param summary its result in a few words
         */
        void looked(String summary) throws IOException;
    }

    /**
     * Opens what is needed to watch.
     *
     * @param nics the namespace of the NICs; remains owned by the caller
     * @param names the files; empty for all in {@link StateFiles#DIRECTORY}
     * @throws OpsException if another process watches already
     */
    public static Watch open(NetworkNamespace nics, List<String> names, Listener listener) {
        Ops ops = Ops.open(nics);
        InstanceLock lock = null;
        try {
            lock = ops.journal().watching();
            return new Watch(ops, lock, new WatchSources(ops.home()), names, listener);
        } catch (RuntimeException e) {
            if (lock != null) {
                lock.close();
            }
            ops.close();
            throw e;
        }
    }

    private void tell(Event event) {
        try {
            listener.report(event);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends {@link #run} when the changes in progress are made. */
    public void stop() {
        sources.request(Source.STOP);
    }

    /** Reads the files and applies all of them again, also what other programs have changed. */
    public void reload() {
        sources.request(Source.RELOAD);
    }

    /**
     * Watches until {@link #stop} is called.
     *
     * @throws IOException if the listener cannot report
     */
    public void run() throws IOException {
        try {
            Set<Source> changed = EnumSet.of(Source.RELOAD);
            while (!sources.isStopped()) {
                long deadline = look(changed);
                listener.looked(summary());
                changed = sources.await(deadline);
                if (changed.contains(Source.RELOAD)) {
                    listener.reloading();
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Looks at the machine; returns when to look again even if nothing changes. */
    private long look(Set<Source> changed) {
        try {
            // Before anything is looked at, so that each change since is noticed.
            sources.arm(files(), paths());
            if (changed.contains(Source.RELOAD)) {
                attempts.forgetAll();
                read(true);
            } else if (changed.contains(Source.FILES)) {
                read(false);
            }
            sources.arm(files(), paths());
            long again = ops.journal().locked(this::apply);
            report.end(SELF);
            return again;
        } catch (UncheckedIOException e) {
            throw e;
        } catch (RuntimeException e) {
            String message = e.getMessage() == null ? e.toString() : e.getMessage();
            report.state(Kind.PROBLEM, SELF, message + "; it is tried again every " + RETRY.toSeconds() + " seconds");
            return Events.deadlineAfter(RETRY);
        }
    }

    private long apply() {
        try (Machine machine = ops.machine()) {
            Ops.Recovered recovered = ops.recover(machine);
            if (recovered.notes().isEmpty()) {
                report.end(LAST);
            } else {
                report.state(Kind.NOTE, LAST, String.join("; ", recovered.notes()));
            }
            Journal.Content content = recovered.content();
            Optional<Applied> unconfirmed = content.unconfirmed();
            if (unconfirmed.isPresent()) {
                report.state(
                        Kind.WAIT,
                        APPLY,
                        "the last apply waits to be confirmed by qlease apply --confirm: nothing is changed before"
                                + " it is confirmed or rolled back");
                return Events.deadlineAfter(Ops.timeLeft(unconfirmed.get()).plus(GRACE));
            }
            report.end(APPLY);
            if (wanted.isEmpty()) {
                return Events.FOREVER;
            }
            boolean again = new WatchRound(machine, wanted.get(), attempts, report).run(ops.journal(), content, whole);
            whole = false;
            return again ? Events.deadlineAfter(RETRY) : Events.FOREVER;
        }
    }

    /** Reads the files; if one is invalid, what was read before stays wanted. */
    private void read(boolean all) {
        try {
            WantedState now = StateFiles.read(names, InputStream.nullInputStream());
            report.end(FILES);
            if (all || !wanted.equals(Optional.of(now))) {
                wanted = Optional.of(now);
                whole = true;
                attempts.forgetFailed();
                Set<String> known = new HashSet<>(Set.of(APPLY, LAST, SELF));
                now.leases().forEach(lease -> known.add(PartialApply.lease(lease.name())));
                now.nics().forEach(nic -> known.add(PartialApply.nic(nic.name())));
                report.endOthers(known);
                attempts.forgetOthers(known);
            }
        } catch (InvalidFileException e) {
            report.state(Kind.PROBLEM, FILES, String.join("; ", e.problems()) + stays());
        } catch (IOException e) {
            report.state(Kind.PROBLEM, FILES, "reading the files: " + e.getMessage() + stays());
        }
    }

    private String stays() {
        return wanted.isPresent()
                ? "; what was read before stays in effect until this is corrected"
                : "; nothing is applied until this is corrected";
    }

    /** Returns the files that describe leases, and what symbolic links to them lead to. */
    private List<PathPattern> files() {
        List<PathPattern> patterns = new ArrayList<>();
        List<Path> paths = new ArrayList<>(names.stream().map(KernelText::path).toList());
        if (names.isEmpty()) {
            patterns.add(PathPattern.of(StateFiles.DIRECTORY).below(""));
            try (DirectoryStream<Path> all = Files.newDirectoryStream(StateFiles.DIRECTORY)) {
                all.forEach(paths::add);
            } catch (IOException | DirectoryIteratorException e) {
                // It does not exist; its parent is watched.
                paths.clear();
            }
        }
        for (Path path : paths) {
            patterns.add(PathPattern.of(path));
            real(path).map(PathPattern::of).ifPresent(patterns::add);
        }
        return patterns;
    }

    private static Optional<Path> real(Path path) {
        try {
            return Optional.of(path.toRealPath());
        } catch (IOException e) {
            // It does not exist; what there is of its path is watched.
            return Optional.empty();
        }
    }

    /** Returns what else indicates changes: the files of namespaces, and the records of qlease. */
    private List<PathPattern> paths() {
        List<PathPattern> patterns = new ArrayList<>();
        patterns.add(PathPattern.of(ops.journal().file()));
        patterns.add(PathPattern.of(RECORDS).below(""));
        wanted.ifPresent(state ->
                state.leases().forEach(lease -> patterns.addAll(lease.guest().patterns())));
        return patterns;
    }

    private String summary() {
        if (wanted.isEmpty()) {
            return "no valid files";
        }
        long leases = wanted.get().leases().size();
        return leases + (leases == 1 ? " lease" : " leases") + " described, " + report.count(Kind.WAIT) + " waiting, "
                + report.count(Kind.PROBLEM) + " problems";
    }

    /** Closes the descriptors; the leases remain. Not during {@link #run}. */
    @Override
    public void close() {
        try (ops;
                lock;
                sources) {
            // All are closed, even if closing one of them throws.
        }
    }
}
