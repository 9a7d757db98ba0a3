package dev.qlease.devmem.loop;

import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.ReceiveBatch;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.SocketPoller;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import java.util.Optional;

/**
 * A TCP socket for an event loop: no call waits. It either listens, or connects, sends ordinary memory and device
 * memory of any binding, and receives both.
 *
 * <p>To be used by the event loop's thread only; {@link #release(int[], int)} and methods of bindings may be called by
 * any thread. Poll {@link #descriptor()}: POLLIN for data or connections, POLLOUT for room, POLLERR for completions.
 * Edge-triggered polling, as by {@link SocketPoller}, is best, since the kernel reports completions until they are
 * read. Allocates memory only to record fragments held and sends in flight.
 */
public abstract class NonBlockingSocket implements AutoCloseable {
    /** Result of {@link #send}: the send queue is full; poll for POLLOUT. */
    public static final long FULL = 0;

    /** Result of {@link #send}: the limit on what may be in flight is reached; poll for completions. */
    public static final long LIMITED = -1;

    /** The maximum number of sends of device memory in flight; a power of two. */
    public static final int MAX_SENDS = 256;

    /**
     * Opens a dual-stack IPv6 socket, or an IPv4 socket if the kernel has no IPv6.
     *
     * @param namespace the network namespace of the socket. If it is not the caller's, this starts a thread and waits
     *     for it, so that it must not be called on the event loop
     * @throws LinuxException EMFILE and so on
     */
    public static NonBlockingSocket open(NetworkNamespace namespace) {
        return Loops.instance().open(namespace);
    }

    /** Returns the socket, for polling it. Remains owned by this object; do not close it. */
    public abstract FileDescriptor descriptor();

    /** Returns whether the socket is open: {@link #close} has not been called. */
    public abstract boolean isOpen();

    /** Returns whether the socket supports IPv6 as well as IPv4. */
    public abstract boolean isIpv6();

    /** Returns the local address; its port is 0 before the socket is bound or connected. */
    public abstract InetSocketAddress localAddress();

    /** Returns the peer's address; empty if the socket is not connected. */
    public abstract Optional<InetSocketAddress> remoteAddress();

    /** Binds the socket to this device (SO_BINDTODEVICE); an empty name unbinds it. */
    public abstract void bindToDevice(String device);

    /**
     * Sets a socket option.
     *
     * @param option one of {@link DevmemSocket#supportedOptions()}
     * @throws UnsupportedOperationException if it is not supported
     */
    public abstract <T> void setOption(SocketOption<T> option, T value);

    /** Returns the value of a socket option, as {@link #setOption}. */
    public abstract <T> T getOption(SocketOption<T> option);

    /**
     * Binds the socket to an address; port 0 for a port that the kernel chooses.
     *
     * @throws LinuxException EADDRINUSE, EADDRNOTAVAIL, EACCES and so on
     */
    public abstract void bind(InetSocketAddress address);

    /**
     * Starts listening.
     *
     * @param backlog maximum number of connections that have not been accepted yet
     */
    public abstract void listen(int backlog);

    /**
     * Accepts a connection; returns empty if none is pending.
     *
     * @throws LinuxException EMFILE and so on
     */
    public abstract Optional<NonBlockingSocket> accept();

    /**
     * Starts connecting.
     *
     * @return true if the socket is already connected; otherwise poll for POLLOUT and call {@link #finishConnect()}
     * @throws LinuxException ENETUNREACH and so on
     */
    public abstract boolean connect(InetSocketAddress to);

    /**
     * Returns whether the connection has been established.
     *
     * @throws LinuxException ECONNREFUSED, ETIMEDOUT and so on, if connecting has failed
     */
    public abstract boolean finishConnect();

    /**
     * Throws the error that has ended the connection, if any. An error is thrown only once.
     *
     * @throws LinuxException ECONNRESET, EPIPE, ETIMEDOUT and so on
     */
    public abstract void checkConnection();

    /**
     * Sends a batch with one system call.
     *
     * @param batch has at least one piece, and is left unchanged. Pieces of a dma-buf must not be changed until they
     *     have completed
     * @param more whether more data follows at once, so that a packet that is not full waits for it (MSG_MORE)
     * @param cookie what {@link #oldestCookie} returns while this send is the oldest in flight; for sends of a dma-buf
     * @return the number of bytes that the kernel took, which may be fewer; or {@link #FULL}, or {@link #LIMITED}
     * @throws LinuxException EPIPE or ECONNRESET if the peer is gone, ENODEV if the route leaves by another device than
     *     the bound one, ENOBUFS if the limits on locked memory or notifications do not allow a single send
     */
    public abstract long send(LoopMemory batch, boolean more, long cookie);

    /** Reads the available completions. Returns how many sends have completed by them. */
    public abstract int complete(LoopMemory memory);

    /** Returns the number of sends of device memory that have not completed. */
    public abstract int outstanding();

    /** Returns the cookie of the oldest send of device memory that has not completed; {@code none} if all have. */
    public abstract long oldestCookie(long none);

    /**
     * Receives the available data with one system call. The fragments that {@code into} held are released first.
     *
     * @return the number of bytes; 0 if no data is available; -1 at the end of the stream
     * @throws LinuxException ECONNRESET and so on, if the connection has failed
     */
    public abstract long receive(ReceiveBatch into);

    /** Releases the fragments of a batch that this socket received, except those that were kept. Idempotent. */
    public abstract void release(ReceiveBatch batch);

    /**
     * Keeps a fragment that was just received: its memory stays valid until it is released by {@link #release(int[],
     * int)}, even if the socket is closed before that.
     *
     * @return the token of the fragment
     */
    public abstract int keep(ReceiveBatch from, int index);

    /**
     * Releases fragments that were kept, with as few system calls as the kernel allows. May be called by any thread.
     *
     * @param count how many of {@code tokens} to release, from the first
     * @throws IllegalArgumentException if one of them was not kept; then none is released
     */
    public abstract void release(int[] tokens, int count);

    /** Returns the number of fragments in dma-bufs that have not been released. */
    public abstract int unreleased();

    /** Ends the output: the data sent so far is delivered, followed by the end of the stream. */
    public abstract void shutdownOutput();

    /** Ends the input. */
    public abstract void shutdownInput();

    /**
     * Resets the connection but keeps the socket open. Sends in flight complete soon, since the kernel drops what it
     * has queued and the device completes the rest.
     */
    public abstract void abort();

    /**
     * Closes the socket. If sends of device memory are in flight, the connection is reset, and the descriptor stays
     * open until the kernel has completed them. It also stays open until all kept fragments have been released.
     * Idempotent.
     */
    @Override
    public final void close() {
        close(Duration.ZERO);
    }

    /**
     * As {@link #close()}, but sends in flight are delivered, followed by the end of the stream; the connection is
     * reset only if they have not completed after {@code timeout}. Does not wait.
     */
    public abstract void close(Duration timeout);

    /**
     * Runs {@code action} when the socket has been closed and all sends have completed: at once if that is already so,
     * and otherwise on any thread.
     */
    public abstract void whenCompleted(Runnable action);
}
