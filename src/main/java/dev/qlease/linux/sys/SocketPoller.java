package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reports the events of an event loop's sockets, each once (epoll(7), edge-triggered), and
 * allocates nothing for that.
 *
 * <p>For one thread, the loop's, which opens and closes it too. The loop calls {@link #poll()} when {@link
 * #descriptor()} has POLLIN. Closing it touches none of the sockets.
 */
public final class SocketPoller implements AutoCloseable {
    /** Something can be received, or a connection accepted. */
    public static final int READABLE = Libc.EPOLLIN();

    /** There is room to send. */
    public static final int WRITABLE = Libc.EPOLLOUT();

    /** Completions have come, or the connection has failed. */
    public static final int ERROR = Libc.EPOLLERR();

    /** The peer sends no more. */
    public static final int PEER_ENDED = Libc.EPOLLRDHUP();

    /** Both directions have ended, or never began. */
    public static final int HUNG_UP = Libc.EPOLLHUP();

    /** How many events one call takes; the rest is left to the next. */
    private static final int BATCH = 64;

    private final FileDescriptor epoll;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment events = arena.allocate(EpollEvent.LAYOUT, BATCH);

    /** By their slots; null where one is free. */
    private @Nullable Watch[] watches = new Watch[BATCH];

    /** No slot before this one is free. */
    private int firstFree;

    /**
     * The next watch's: it distinguishes the watch from one that had its slot before, whose events may have been
     * taken already.
     */
    private int nextNumber;

    private SocketPoller(FileDescriptor epoll) {
        this.epoll = epoll;
    }

    /**
     * Opens one.
     *
     * @throws LinuxException EMFILE and so on
     */
    public static SocketPoller open() {
        return new SocketPoller(FileDescriptor.owning(
                LinuxException.check(Events.epollCreate(Libc.EPOLL_CLOEXEC()), "open an epoll descriptor"), "epoll"));
    }

    /** Receives the events of a socket. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Called by {@link SocketPoller#poll()}.
         *
         * @param events of {@link #READABLE} and so on those that hold now; each is reported when it begins to, and
         *     again with any other
         */
        void happened(int events);
    }

    /** The delivery of one socket's events. */
    public final class Watch implements AutoCloseable {
        private final int fd;
        private final Listener listener;
        private final int slot;
        private final int number = nextNumber++;

        private Watch(int fd, Listener listener, int slot) {
            this.fd = fd;
            this.listener = listener;
            this.slot = slot;
        }

        private long data() {
            return (long) number << Integer.SIZE | slot;
        }

        /** Stops delivering events, also those taken already; before the socket is closed. Idempotent. */
        @Override
        public void close() {
            if (watches[slot] == this) {
                watches[slot] = null;
                firstFree = Math.min(firstFree, slot);
                LinuxException.check(
                        Events.epollCtl(epoll.number(), Libc.EPOLL_CTL_DEL(), fd, MemorySegment.NULL), "epoll_ctl");
            }
        }
    }

    /**
     * Returns what to poll for POLLIN, which means that there are events. Remains owned by this object; do not close
     * it.
     */
    public FileDescriptor descriptor() {
        return epoll;
    }

    /** Whether {@link #close()} has not been called. */
    public boolean isOpen() {
        return arena.scope().isAlive();
    }

    /**
     * Delivers the events of a socket to {@code listener} from now on, those that hold already included.
     *
     * @throws LinuxException EEXIST if the socket has a watch already, ENOMEM, ENOSPC
     */
    public Watch add(FileDescriptor socket, Listener listener) {
        int slot = freeSlot();
        Watch watch = new Watch(socket.number(), listener, slot);
        int all = READABLE | WRITABLE | PEER_ENDED | Libc.EPOLLET();
        Events.epollAdd(epoll.number(), watch.fd, all, watch.data());
        watches[slot] = watch;
        return watch;
    }

    private int freeSlot() {
        while (firstFree < watches.length && watches[firstFree] != null) {
            firstFree++;
        }
        if (firstFree == watches.length) {
            watches = Arrays.copyOf(watches, 2 * firstFree);
        }
        return firstFree;
    }

    /**
     * Delivers the events that there are, without waiting.
     *
     * @throws IllegalStateException if it is closed
     * @throws RuntimeException what the first listener threw that did, after all have been called; an Error likewise
     */
    public void poll() {
        int taken = LinuxException.check(Events.epollWait(epoll.number(), events, BATCH, 0), "epoll_wait");
        Throwable failure = null;
        // A listener may close any watch, or this.
        for (int i = 0; i < taken && isOpen(); i++) {
            try {
                deliver(EpollEvent.data(events, i), EpollEvent.events(events, i));
            } catch (RuntimeException | Error e) {
                failure = failure == null ? e : failure;
            }
        }
        switch (failure) {
            case null -> {}
            case Error e -> throw e;
            default -> throw (RuntimeException) failure;
        }
    }

    private void deliver(long data, int happened) {
        Watch watch = watches[(int) data];
        if (watch != null && watch.data() == data) {
            watch.listener.happened(happened);
        }
    }

    /** Stops delivering events. Idempotent. */
    @Override
    public void close() {
        if (isOpen()) {
            Arrays.fill(watches, null);
            epoll.close();
            arena.close();
        }
    }
}
