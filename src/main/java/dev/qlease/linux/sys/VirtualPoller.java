package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits for descriptors on behalf of virtual threads, which are parked in the meantime and release their carriers. One
 * thread with one epoll instance, started by the first wait, serves all of them. Thread-safe.
 */
final class VirtualPoller {
    private static final int BATCH = 256;
    private static final int ALWAYS = Libc.EPOLLERR() | Libc.EPOLLHUP();

    /** epoll(7)'s EPOLLONESHOT: an event disarms its descriptor. */
    private static final int ONE_SHOT = 1 << 30;

    private static final class Holder {
        static final VirtualPoller POLLER = new VirtualPoller();
    }

    /** One wait of one virtual thread. */
    static final class Wait {
        private final Thread thread = Thread.currentThread();
        private final int events;
        private volatile int ready;
        private volatile boolean woken;

        /** Creates a wait of the calling thread for these events, an error or a hang-up. */
        Wait(int events) {
            this.events = events;
        }

        private boolean matches(int happened) {
            return (happened & (events | ALWAYS)) != 0;
        }

        private void ready(int happened) {
            ready = happened & (events | ALWAYS);
            LockSupport.unpark(thread);
        }

        /** Ends the wait without an event. */
        void wake() {
            woken = true;
            LockSupport.unpark(thread);
        }

        /**
         * Parks until the wait is ended, or until {@code deadline}; returns the events, 0 for none. Keeps the interrupt
         * status.
         */
        int park(long deadline) {
            boolean interrupted = false;
            while (ready == 0 && !woken) {
                long left = Events.nanosUntil(deadline);
                if (left <= 0) {
                    break;
                }
                LockSupport.parkNanos(this, left);
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                thread.interrupt();
            }
            return ready;
        }
    }

    private final int epoll = LinuxException.check(Events.epollCreate(Libc.EPOLL_CLOEXEC()), "epoll_create1");

    /** The waits by descriptor. All waits for a descriptor end before it is closed. */
    private final Map<Integer, List<Wait>> waits = new HashMap<>();

    private VirtualPoller() {
        Thread.ofPlatform().daemon().name("qlease-poller").start(this::run);
    }

    static VirtualPoller instance() {
        return Holder.POLLER;
    }

    /**
     * Ends {@code wait} when {@code fd} has one of its events.
     *
     * @throws LinuxException ENOMEM, ENOSPC
     */
    synchronized void add(int fd, Wait wait) {
        List<Wait> those = waits.computeIfAbsent(fd, _ -> new ArrayList<>(1));
        boolean first = those.isEmpty();
        those.add(wait);
        try {
            arm(fd, those, first ? Libc.EPOLL_CTL_ADD() : Libc.EPOLL_CTL_MOD());
        } catch (LinuxException e) {
            those.remove(wait);
            if (first) {
                waits.remove(fd);
            }
            throw e;
        }
    }

    private void arm(int fd, List<Wait> those, int operation) {
        int events = ONE_SHOT;
        for (Wait wait : those) {
            events |= wait.events;
        }
        Events.epollControl(epoll, operation, fd, events, fd);
    }

    /** Removes a wait, before its descriptor can be closed. */
    synchronized void remove(int fd, Wait wait) {
        List<Wait> those = waits.get(fd);
        if (those != null && those.remove(wait) && those.isEmpty()) {
            waits.remove(fd);
            Events.epollControl(epoll, Libc.EPOLL_CTL_DEL(), fd, 0, 0);
        }
    }

    private void run() {
        MemorySegment events = Arena.global().allocate(EpollEvent.LAYOUT, BATCH);
        while (true) {
            int count = Events.epollWait(epoll, events, BATCH, -1);
            for (int i = 0; i < count; i++) {
                happened((int) EpollEvent.data(events, i), EpollEvent.events(events, i));
            }
        }
    }

    private synchronized void happened(int fd, int events) {
        List<Wait> those = waits.get(fd);
        if (those == null) {
            return;
        }
        boolean left = false;
        for (Wait wait : those) {
            if (wait.matches(events)) {
                wait.ready(events);
            } else {
                left = true;
            }
        }
        if (left) {
            arm(fd, those.stream().filter(wait -> !wait.matches(events)).toList(), Libc.EPOLL_CTL_MOD());
        }
    }
}
