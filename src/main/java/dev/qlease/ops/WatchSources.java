package dev.qlease.ops;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.PollSet;
import dev.qlease.netlink.NotificationSocket;
import dev.qlease.rtnetlink.RtnetlinkEvent;
import dev.qlease.rtnetlink.RtnetlinkMonitor;
import dev.qlease.rtnetlink.RtnetlinkMonitor.Group;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What tells that leases may have to be applied: notifications of links and namespaces (rtnetlink), of files (inotify)
 * and of mounts (poll of /proc/self/mountinfo: a network namespace is mounted on its file after that was created, of
 * which inotify does not tell). Where notifications were lost, everything has to be looked at, as after any. Owns its
 * descriptors. One thread waits; any may wake it.
 */
final class WatchSources implements AutoCloseable {
    /** Bytes of notifications that the kernel queues for this process. */
    private static final int RECEIVE_QUEUE = 1 << 20;

    /** Changes come in bursts: a burst has ended when nothing has changed for this time. */
    private static final Duration QUIET = Duration.ofMillis(100);

    /** A burst is not waited for longer than this. */
    private static final Duration LONGEST_BURST = Duration.ofSeconds(1);

    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
    private static final int LINKS_READY = 0;
    private static final int STATE_READY = 1;
    private static final int OTHERS_READY = 2;

    private final NotificationSocket<RtnetlinkEvent> links;
    private final PathWatcher state;
    private final PathWatcher others;
    private final FileDescriptor mounts;
    private final PollSet poll;
    private final Set<Source> requested = EnumSet.noneOf(Source.class);

    /** What has changed. */
    enum Source {
        /** The files that describe leases. */
        FILES,
        /** Links, namespaces, or the files and mounts that name these. */
        MACHINE,
        /** The user asks to read the files and apply all of them again. */
        RELOAD,
        /** The user asks to end. */
        STOP
    }

    WatchSources(NetworkNamespace home) {
        try (Opened opened = new Opened()) {
            links = opened.add(RtnetlinkMonitor.open(home, RECEIVE_QUEUE, Set.of(Group.LINK, Group.NAMESPACE_ID)));
            state = opened.add(PathWatcher.open());
            others = opened.add(PathWatcher.open());
            mounts = opened.add(KernelFiles.open(MOUNTS));
            poll = new PollSet(List.of(
                    new PollSet.Interest(links.descriptor(), PollSet.READABLE),
                    new PollSet.Interest(state.descriptor(), PollSet.READABLE),
                    new PollSet.Interest(others.descriptor(), PollSet.READABLE),
                    new PollSet.Interest(mounts, PollSet.PRIORITY)));
            opened.keep();
        }
    }

    /** Watches these paths from now on; before what they lead to is looked at. */
    void arm(Collection<PathPattern> files, Collection<PathPattern> paths) {
        state.arm(files);
        others.arm(paths);
    }

    /** Ends the present wait or the next one with this source; from any thread. */
    void request(Source source) {
        synchronized (requested) {
            requested.add(source);
        }
        poll.wake();
    }

    /** Returns whether the end was asked for. */
    boolean isStopped() {
        synchronized (requested) {
            return requested.contains(Source.STOP);
        }
    }

    /**
     * Waits until something has changed and that burst of changes has ended, or for the deadline.
     *
     * @param deadline by {@link System#nanoTime()}; {@link Events#FOREVER} for none
     * @return what has changed; empty if the deadline passed
     */
    Set<Source> await(long deadline) {
        Set<Source> changed = EnumSet.noneOf(Source.class);
        take(deadline, changed);
        long end = Events.deadlineAfter(LONGEST_BURST);
        while (!changed.isEmpty() && !changed.contains(Source.STOP) && Events.nanosUntil(end) > 0) {
            Set<Source> more = EnumSet.noneOf(Source.class);
            take(Math.min(end, Events.deadlineAfter(QUIET)), more);
            if (more.isEmpty()) {
                break;
            }
            changed.addAll(more);
        }
        return changed;
    }

    private void take(long deadline, Set<Source> changed) {
        // Events of files that are not watched end a wait, too.
        do {
            for (int ready : poll.await(deadline)) {
                if (isChange(ready)) {
                    changed.add(ready == STATE_READY ? Source.FILES : Source.MACHINE);
                }
            }
            synchronized (requested) {
                changed.addAll(requested);
                requested.remove(Source.RELOAD);
            }
        } while (changed.isEmpty() && Events.nanosUntil(deadline) > 0);
    }

    private boolean isChange(int ready) {
        return switch (ready) {
            case LINKS_READY -> {
                drain();
                yield true;
            }
            case STATE_READY -> state.changed();
            case OTHERS_READY -> others.changed();
            default -> true;
        };
    }

    private void drain() {
        boolean more = true;
        while (more) {
            try {
                more = links.poll().isPresent();
            } catch (LinuxException e) {
                throw e;
            } catch (RuntimeException e) {
                // A message that cannot be read means a change, too; the next one follows.
                more = true;
            }
        }
    }

    @Override
    public void close() {
        try (links;
                state;
                others;
                mounts;
                poll) {
            // All are closed, even if closing one of them throws.
        }
    }

    /** What was opened so far, to be closed unless everything was. */
    private static final class Opened implements AutoCloseable {
        private final java.util.ArrayDeque<AutoCloseable> open = new java.util.ArrayDeque<>();

        <T extends AutoCloseable> T add(T resource) {
            open.push(resource);
            return resource;
        }

        void keep() {
            open.clear();
        }

        @Override
        public void close() {
            for (AutoCloseable resource : open) {
                try {
                    resource.close();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }
}
