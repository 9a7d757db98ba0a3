package dev.qlease.netlink;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What sockets need of the kernel's end. {@link Endpoint} is the real one; tests put a peer here that does what a kernel
 * can't be made to do.
 *
 * <p>{@link #receive} and {@link #await} are for one thread at a time, all else is for any number. What is called between
 * {@link #enter()} and {@link #leave()} finds the socket there, also when somebody closes it meanwhile.
 */
interface Transport {
    /** nl_pid: the address that the kernel's replies come to. */
    int port();

    /** The socket, for polling it elsewhere. */
    FileDescriptor descriptor();

    /**
     * Begins a use; {@link #leave()} ends it.
     *
     * @throws IllegalStateException if it is closed
     */
    void enter();

    /** Ends a use. */
    void leave();

    /** Whether {@link #close()} has not been called. */
    boolean isOpen();

    /** Sends one message to the kernel, which has worked on it when this returns; 0, or the negative errno. */
    int send(MemorySegment message);

    /**
     * Receives what has come without waiting: a datagram of messages, valid until the next call, or null if nothing has
     * come. Messages from other processes are dropped.
     *
     * @throws LinuxException ENOBUFS if the kernel had to throw messages away
     */
    @Nullable
    MemorySegment receive();

    /**
     * Waits until something has come, somebody calls {@link #wake()} or {@link #close()}, or {@code deadline}; false if it
     * is the time.
     */
    boolean await(long deadline);

    /** Makes who is in {@link #await}, or who comes there next, return from it. */
    void wake();

    /** Wakes who waits and lets nobody in any more; the last to leave frees all. Does nothing again. */
    void close();
}
