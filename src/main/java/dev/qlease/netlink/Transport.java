package dev.qlease.netlink;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The operations that sockets need from the kernel. {@link Endpoint} is the real implementation; tests use a peer that
 * does what a kernel cannot be made to do.
 *
 * <p>{@link #receive} and {@link #await} are for one thread at a time, all other methods for any number. Between {@link
 * #enter()} and {@link #leave()} the socket stays open, even if it is closed in the meantime.
 */
interface Transport {
    /** Returns nl_pid: the address to which the kernel sends replies. */
    int port();

    /** Returns the socket's descriptor, for polling it elsewhere. */
    FileDescriptor descriptor();

    /**
     * Begins a use; {@link #leave()} ends it.
     *
     * @throws IllegalStateException if it is closed
     */
    void enter();

    /** Ends a use. */
    void leave();

    /** Returns whether {@link #close()} has not been called. */
    boolean isOpen();

    /**
     * Sends one message, the first {@code size} bytes of {@code buffer}, to the kernel, which has processed it when
     * this returns; returns 0 or the negative errno.
     */
    int send(MemorySegment buffer, long size);

    /**
     * Receives what has arrived, without waiting: a datagram of messages, valid until the next call, or null if nothing
     * has arrived. Messages from other processes are dropped.
     *
     * @throws LinuxException ENOBUFS if the kernel had to drop messages
     */
    @Nullable
    MemorySegment receive();

    /**
     * Waits until a message has arrived, {@link #wake()} or {@link #close()} is called, or {@code deadline} passes;
     * returns false if the deadline has passed.
     */
    boolean await(long deadline);

    /** Ends the current {@link #await}, or the next one if there is none. */
    void wake();

    /** Wakes waiting threads and prevents further uses; the last user to leave frees everything. Idempotent. */
    void close();
}
