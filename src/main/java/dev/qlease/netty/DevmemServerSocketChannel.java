package dev.qlease.netty;

import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.util.UncheckedBooleanSupplier;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A listening channel on an epoll event loop, which accepts connections as {@link DevmemSocketChannel}s. Otherwise
 * behaves like Netty's own.
 */
public final class DevmemServerSocketChannel extends DevmemChannel implements ServerSocketChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    private final DevmemServerSocketChannelConfig config;
    private volatile boolean active;

    /** Creates a channel in the calling thread's network namespace. */
    public DevmemServerSocketChannel() {
        this(NetworkNamespace.ofCaller());
    }

    /**
     * Creates a channel in {@code namespace}, which remains owned by the caller.
     *
     * @throws LinuxException if the kernel refuses to open a socket there
     */
    @SuppressWarnings("this-escape")
    public DevmemServerSocketChannel(NetworkNamespace namespace) {
        super(null, NonBlockingSocket.open(namespace));
        this.config = new DevmemServerSocketChannelConfig(this);
        config.setRecvByteBufAllocator(new ServerChannelRecvByteBufAllocator());
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new ListenUnsafe();
    }

    @Override
    public DevmemServerSocketChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        return null;
    }

    @Override
    public boolean isActive() {
        return active;
    }

    @Override
    protected void doBind(SocketAddress address) {
        socket().bind(resolved(address));
        socket().listen(config.getBacklog());
        learnLocalAddress();
        active = true;
        poll();
    }

    @Override
    void read0() {
        RecvByteBufAllocator.ExtendedHandle handle =
                (RecvByteBufAllocator.ExtendedHandle) unsafe().recvBufAllocHandle();
        handle.reset(config);
        handle.attemptedBytesRead(1);
        IOException failure = null;
        try {
            do {
                Optional<NonBlockingSocket> accepted = socket().accept();
                handle.lastBytesRead(accepted.isPresent() ? 1 : -1);
                if (accepted.isEmpty()) {
                    readable(false);
                    break;
                }
                readDone();
                handle.incMessagesRead(1);
                pass(accepted.get());
            } while (isOpen() && handle.continueReading(UncheckedBooleanSupplier.TRUE_SUPPLIER));
        } catch (LinuxException e) {
            // For example too many open descriptors: the next read tries again.
            failure = NettyErrors.io(e);
            readDone();
        }
        handle.readComplete();
        pipeline().fireChannelReadComplete();
        if (failure != null) {
            pipeline().fireExceptionCaught(failure);
        } else if (readWanted()) {
            scheduleRead();
        }
    }

    private void pass(NonBlockingSocket accepted) {
        DevmemSocketChannel child;
        try {
            child = new DevmemSocketChannel(this, accepted);
        } catch (LinuxException e) {
            accepted.close();
            throw e;
        }
        pipeline().fireChannelRead(child);
    }

    @Override
    protected void doClose() throws Exception {
        active = false;
        super.doClose();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) {
        throw new UnsupportedOperationException("a channel that listens sends nothing");
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        throw new UnsupportedOperationException("a channel that listens sends nothing");
    }

    private final class ListenUnsafe extends LoopUnsafe {
        @Override
        public void happened(int events) {
            readable(true);
            readIfWanted();
        }

        @Override
        public void connect(SocketAddress to, @Nullable SocketAddress from, ChannelPromise promise) {
            safeSetFailure(promise, new UnsupportedOperationException("a channel that listens does not connect"));
        }
    }
}
