package dev.qlease.devmem;

import dev.qlease.devmem.loop.LoopMemory;
import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The sockets of event loops, over the same core as {@link DevmemSocket}. */
final class LoopSocket extends NonBlockingSocket {
    private static final int PIECES_IN_FLIGHT = 512;

    private final TcpSocket socket;
    private final Usage usage;
    private final ZeroCopySender sender;
    private final DevmemReceiver receiver;
    private @Nullable Arena arena;

    private LoopSocket(TcpSocket socket) {
        this.socket = socket;
        this.usage = new Usage(socket, this::free);
        this.sender = new ZeroCopySender(socket, MAX_SENDS, PIECES_IN_FLIGHT);
        this.receiver = new DevmemReceiver(socket, this::memory, usage, null, null);
    }

    /** Allocates memory that lives as long as the socket; only sockets that receive device memory need any. */
    @SuppressWarnings("MustBeClosedChecker") // free() closes the arena
    private synchronized MemorySegment memory(long size, long alignment) {
        if (arena == null) {
            arena = Arena.ofShared();
        }
        return arena.allocate(size, alignment);
    }

    static NonBlockingSocket openIn(NetworkNamespace namespace) {
        return over(TcpSocket.open(namespace));
    }

    private static NonBlockingSocket over(TcpSocket socket) {
        try {
            // Listening sockets ignore the option, and accepted ones do not inherit it.
            socket.zeroCopy();
            // Each receive then reports whether there is more (tcp(7)), which saves a system call.
            socket.reportQueue();
            return new LoopSocket(socket);
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public FileDescriptor descriptor() {
        return socket.descriptor();
    }

    @Override
    public boolean isOpen() {
        return usage.isOpen();
    }

    @Override
    public boolean isIpv6() {
        return socket.isIpv6();
    }

    @Override
    public InetSocketAddress localAddress() {
        return socket.localAddress();
    }

    @Override
    public Optional<InetSocketAddress> remoteAddress() {
        return socket.remoteAddress();
    }

    @Override
    public void bindToDevice(String device) {
        socket.bindToDevice(device);
    }

    @Override
    public <T> void setOption(SocketOption<T> option, T value) {
        TcpOptions.set(socket, option, value);
    }

    @Override
    public <T> T getOption(SocketOption<T> option) {
        return TcpOptions.get(socket, option);
    }

    @Override
    public void bind(InetSocketAddress address) {
        socket.bind(address);
    }

    @Override
    public void listen(int backlog) {
        socket.listen(backlog);
    }

    @Override
    public Optional<NonBlockingSocket> accept() {
        return Optional.ofNullable(socket.accept()).map(LoopSocket::over);
    }

    @Override
    public boolean connect(InetSocketAddress to) {
        return socket.connect(to);
    }

    @Override
    public boolean finishConnect() {
        return socket.finishConnect(socket.toString());
    }

    @Override
    public void checkConnection() {
        socket.checkConnection();
    }

    @Override
    public long send(LoopMemory batch, boolean more, long cookie) {
        return sender.send(((ThreadMemory) batch).toSend(), more ? Libc.MSG_MORE() : 0, cookie);
    }

    @Override
    public int complete(LoopMemory memory) {
        return sender.drain(((ThreadMemory) memory).completions());
    }

    @Override
    public int outstanding() {
        return sender.outstanding();
    }

    @Override
    public long oldestCookie(long none) {
        return sender.oldestCookie(none);
    }

    @Override
    public long receive(ReceiveBatch into) {
        return receiver.receive(into, DevmemReceiver.NOW);
    }

    @Override
    public void release(ReceiveBatch batch) {
        receiver.release(batch);
    }

    @Override
    public int keep(ReceiveBatch from, int index) {
        return receiver.keep(from, index);
    }

    @Override
    public void release(int[] tokens, int count) {
        receiver.releaseKept(tokens, Objects.checkFromIndexSize(0, count, tokens.length) + count);
    }

    @Override
    public int unreleased() {
        return receiver.outstanding();
    }

    @Override
    public void shutdownOutput() {
        socket.shutdown(Libc.SHUT_WR());
    }

    @Override
    public void shutdownInput() {
        socket.shutdown(Libc.SHUT_RD());
    }

    @Override
    public void abort() {
        socket.abort();
    }

    @Override
    public void close(Duration timeout) {
        if (usage.tryEnter()) {
            try {
                sender.abandon(usage, timeout);
                if (receiver.outstanding() > 0) {
                    socket.shutdown(Libc.SHUT_RDWR());
                }
            } finally {
                usage.close();
                usage.leave();
            }
        }
    }

    @Override
    public void whenCompleted(Runnable action) {
        sender.whenFinished(action);
    }

    private void free() {
        try {
            receiver.releaseAll();
        } finally {
            socket.close();
            closeArena();
        }
    }

    private synchronized void closeArena() {
        if (arena != null) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return socket.toString();
    }
}
