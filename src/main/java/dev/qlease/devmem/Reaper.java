package dev.qlease.devmem;

import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Log;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps sockets that were closed with sends in flight until the kernel has completed the sends, and then releases them.
 * If such a socket were closed at once, its completions would be lost, and with them the knowledge of when its memory
 * is free.
 *
 * <p>While there are such sockets, a thread of its own checks them at growing intervals. Sends that the kernel has only
 * queued complete when the connection is reset; sends that the device is processing complete when it is done.
 * Thread-safe.
 */
final class Reaper {
    private static final Log LOG = Log.of(Reaper.class);
    private static final long FIRST_PAUSE = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);

    private static final Reaper REAPER = new Reaper();

    /**
     * A sender, the action that releases its socket, and when to reset its connection if that has not been done yet.
     */
    private static final class Orphan {
        final ZeroCopySender sender;
        final Runnable release;
        long deadline;

        Orphan(ZeroCopySender sender, Runnable release, long deadline) {
            this.sender = sender;
            this.release = release;
            this.deadline = deadline;
        }

        /** Resets the connection once, after the deadline. */
        void resetIfDue() {
            if (Events.nanosUntil(deadline) <= 0) {
                deadline = Events.FOREVER;
                sender.socket().abort();
            }
        }
    }

    private final List<Orphan> adopted = new ArrayList<>();
    private boolean running;

    private Reaper() {}

    /**
     * Reads the completions of a closed sender from now on.
     *
     * @param release run when all sends have completed, so that the socket may be closed
     * @param deadline when to reset the connection; {@link Events#FOREVER} if it has already been reset
     */
    static void adopt(ZeroCopySender sender, Runnable release, long deadline) {
        REAPER.add(new Orphan(sender, release, deadline));
    }

    private synchronized void add(Orphan orphan) {
        adopted.add(orphan);
        if (!running) {
            running = true;
            Thread.ofPlatform().daemon().name("qlease-reaper").start(this::run);
        }
    }

    private synchronized List<Orphan> takeNew() {
        List<Orphan> all = List.copyOf(adopted);
        adopted.clear();
        return all;
    }

    /** Returns whether there is nothing to do, and the thread ends. */
    private synchronized boolean isOver() {
        running = !adopted.isEmpty();
        return !running;
    }

    private void run() {
        List<Orphan> waiting = new ArrayList<>();
        long pause = FIRST_PAUSE;
        try (Arena arena = Arena.ofConfined()) {
            CompletionReader reader = new CompletionReader(arena);
            while (!waiting.isEmpty() || !isOver()) {
                List<Orphan> added = takeNew();
                waiting.addAll(added);
                boolean released = waiting.removeIf(orphan -> isReleased(orphan, reader));
                pause = released || !added.isEmpty() ? FIRST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
                if (!waiting.isEmpty()) {
                    LockSupport.parkNanos(pause);
                }
            }
        }
    }

    private static boolean isReleased(Orphan orphan, CompletionReader reader) {
        try {
            orphan.sender.drain(reader);
            if (orphan.sender.outstanding() > 0) {
                orphan.resetIfDue();
                return false;
            }
            try {
                orphan.sender.finish();
            } finally {
                orphan.release.run();
            }
        } catch (RuntimeException e) {
            LOG.warn(orphan.sender.socket() + " could not be released", e);
        }
        return true;
    }
}
