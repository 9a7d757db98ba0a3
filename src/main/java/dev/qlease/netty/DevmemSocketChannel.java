package dev.qlease.netty;

import dev.qlease.devmem.NonBlockingSocket;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.internal.StringUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection on an epoll event loop that sends {@link DmaBufRegion}s as device memory and receives
 * {@link DmaBufFragment}s where a queue is bound to a dma-buf, each among ordinary {@link ByteBuf}s and in order with them.
 *
 * <p>As Netty's own channels, but for this:
 *
 * <ul>
 *   <li>The promise of a region completes, and the region is released, when the kernel says that its bytes may be changed:
 *       when the peer has acknowledged them. What is written after it completes after it. All of that counts as pending until
 *       then, also for the water marks, whose defaults are low for large regions.
 *   <li>Closing, and shutting the output down, sends no more, tells the peer, and then waits for the completion of what was
 *       sent: closing for as long as {@link DevmemChannelOption#COMPLETION_PATIENCE_MILLIS}, before it resets the connection,
 *       so that nobody gets bytes that were changed meanwhile. SO_LINGER 0 makes it reset the connection at once.
 *   <li>Where auto-read is off nothing is read that was not asked for, not even the end of the stream, unless the connection
 *       fails.
 * </ul>
 */
public final class DevmemSocketChannel extends DevmemChannel implements SocketChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    private final DevmemSocketChannelConfig config;
    private final Outgoing outgoing;
    private final Incoming incoming;
    private volatile @Nullable InetSocketAddress remote;
    private volatile boolean active;
    private volatile boolean inputShutdown;
    private volatile boolean outputShutdown;

    /** What has ended the connection, once that is known. */
    private @Nullable IOException failure;

    /** A channel in the calling thread's network namespace. */
    public DevmemSocketChannel() {
        this((NetworkNamespace) null);
    }

    /**
     * A channel in {@code namespace}; null for the calling thread's.
     *
     * @throws LinuxException if the kernel refuses to open a socket there
     */
    public DevmemSocketChannel(@Nullable NetworkNamespace namespace) {
        this(null, NonBlockingSocket.open(namespace));
    }

    @SuppressWarnings("this-escape")
    DevmemSocketChannel(@Nullable Channel parent, NonBlockingSocket socket) {
        super(parent, socket);
        this.config = new DevmemSocketChannelConfig(this);
        this.outgoing = new Outgoing(socket);
        this.incoming = new Incoming(this);
        Optional<InetSocketAddress> peer = parent == null ? Optional.empty() : socket.remoteAddress();
        if (parent != null) {
            learnLocalAddress();
            remote = peer.orElse(null);
            active = true;
            poll();
        }
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new StreamUnsafe();
    }

    private StreamUnsafe stream() {
        return (StreamUnsafe) unsafe();
    }

    @Override
    public DevmemSocketChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public @Nullable ServerSocketChannel parent() {
        return (ServerSocketChannel) super.parent();
    }

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        return remote;
    }

    @Override
    public boolean isActive() {
        return active;
    }

    @Override
    public boolean isInputShutdown() {
        return inputShutdown;
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShutdown;
    }

    @Override
    public boolean isShutdown() {
        return inputShutdown && outputShutdown;
    }

    @Override
    void read0() {
        incoming.read((RecvByteBufAllocator.ExtendedHandle) stream().recvBufAllocHandle());
    }

    @Override
    boolean readWanted() {
        return !stream().closing() && (failure != null || super.readWanted());
    }

    /** After reading has failed: the connection has ended. */
    void readFailed(IOException cause) {
        pipeline().fireExceptionCaught(cause);
        stream().close();
    }

    /** At the end of the stream. */
    void inputEnded() {
        IOException ended = failure;
        if (ended != null) {
            readFailed(ended);
        } else if (!inputShutdown) {
            if (config.isAllowHalfClosure()) {
                shutdownInput0();
                pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
                pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
            } else {
                stream().close();
            }
        }
    }

    private void shutdownInput0() {
        inputShutdown = true;
        socket().shutdownInput();
    }

    @Override
    protected Object filterOutboundMessage(Object message) throws Exception {
        if (stream().outputEnding()) {
            throw new ChannelOutputShutdownException("Channel output shutdown");
        }
        if (message instanceof DmaBufRegion) {
            return message;
        }
        if (message instanceof ByteBuf bytes) {
            return bytes.isDirect() ? bytes : direct(bytes);
        }
        throw new UnsupportedOperationException("unsupported message type: " + StringUtil.simpleClassName(message)
                + " (expected: ByteBuf, DmaBufRegion)");
    }

    private ByteBuf direct(ByteBuf bytes) {
        ByteBuf copy = alloc().directBuffer(bytes.readableBytes());
        copy.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
        ReferenceCountUtil.safeRelease(bytes);
        return copy;
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
        IOException ended = failure;
        if (ended != null) {
            throw ended;
        }
        try {
            stream().written(outgoing.write(in, config.getWriteSpinCount()));
        } catch (LinuxException | IndexOutOfBoundsException e) {
            throw Failures.io(e);
        }
    }

    @Override
    protected void doBind(SocketAddress address) {
        socket().bind(resolved(address));
        learnLocalAddress();
    }

    @Override
    protected void doShutdownOutput() {
        if (!outputShutdown) {
            outputShutdown = true;
            socket().shutdownOutput();
        }
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        onLoop(promise, () -> {
            shutdownInput0();
            promise.setSuccess();
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        onLoop(promise, () -> stream().endOutput(promise));
        return promise;
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        shutdownOutput()
                .addListener(output -> shutdownInput().addListener(input -> {
                    Throwable cause = output.isSuccess() ? input.cause() : output.cause();
                    if (cause == null) {
                        promise.setSuccess();
                    } else {
                        promise.setFailure(cause);
                    }
                }));
        return promise;
    }

    private void onLoop(ChannelPromise promise, Runnable action) {
        Runnable guarded = () -> {
            try {
                action.run();
            } catch (RuntimeException e) {
                promise.tryFailure(Failures.io(e));
            }
        };
        if (eventLoop().inEventLoop()) {
            guarded.run();
        } else {
            eventLoop().execute(guarded);
        }
    }

    @Override
    protected void doClose() throws Exception {
        active = false;
        inputShutdown = true;
        outputShutdown = true;
        stream().abandon();
        if (outgoing.inFlight()) {
            // Else the peer might get bytes that were changed after nobody waits for their completion any more.
            socket().linger(0);
        }
        super.doClose();
    }

    /** What the loop tells, and what is under way. */
    private final class StreamUnsafe extends LoopUnsafe {
        /** EPOLLHUP, which Netty has no name for; linux/eventpoll.h. */
        private static final int HANG_UP = 0x10;

        private final Runnable flushTask = this::flushAgain;
        private final Connecting connecting = new Connecting(DevmemSocketChannel.this);
        private boolean full;
        private boolean limited;
        private @Nullable ChannelPromise outputEnding;
        private @Nullable Ending ending;

        boolean closing() {
            return ending != null;
        }

        boolean outputEnding() {
            return outputEnding != null;
        }

        @Override
        public void handle(IoRegistration registered, IoEvent event) {
            int events = ((EpollIoEvent) event).ops().value();
            if (!isOpen()) {
                return;
            }
            boolean room = (events & (EpollIoOps.EPOLLOUT.value() | HANG_UP)) != 0;
            if (connecting.isUnderWay()) {
                if (room) {
                    finishConnect();
                }
                return;
            }
            if ((events & EpollIoOps.EPOLLERR.value()) != 0) {
                errorQueue((events & HANG_UP) != 0);
            }
            if (room) {
                full = false;
            }
            flushAgain();
            if ((events & (EpollIoOps.EPOLLIN.value() | EpollIoOps.EPOLLRDHUP.value() | HANG_UP)) != 0) {
                readable(true);
            }
            readIfWanted();
        }

        /** Takes completions; where the connection has ended with an error, that first, since they may be because of it. */
        private void errorQueue(boolean ended) {
            if (ended && failure == null) {
                try {
                    socket().checkConnection();
                } catch (LinuxException e) {
                    failure = Failures.io(e);
                }
            }
            if (socket().complete(LoopMemories.ofThisThread()) > 0) {
                limited = false;
                outgoing.retire(failure);
                if (!outgoing.inFlight()) {
                    nothingInFlight();
                }
            }
        }

        private void nothingInFlight() {
            ChannelPromise promise = outputEnding;
            if (promise != null) {
                outputEnding = null;
                shutdownOutput(promise);
            }
            Ending close = ending;
            if (close != null) {
                close.run();
            }
        }

        void written(Outgoing.Outcome outcome) {
            full = outcome == Outgoing.Outcome.FULL;
            limited = outcome == Outgoing.Outcome.LIMITED;
            if (outcome == Outgoing.Outcome.ENOUGH) {
                eventLoop().execute(flushTask);
            }
        }

        /** Not while it is known to be of no use. */
        @Override
        protected void flush0() {
            if (!full && !limited && outputEnding == null && ending == null) {
                super.flush0();
            }
        }

        private void flushAgain() {
            flush0();
        }

        /** Shuts the output down once nothing is in flight, and until then sends nothing more. */
        void endOutput(ChannelPromise promise) {
            ChannelPromise before = outputEnding;
            if (before != null) {
                before.addListener(done -> {
                    if (done.isSuccess()) {
                        promise.setSuccess();
                    } else {
                        promise.setFailure(done.cause());
                    }
                });
            } else if (outgoing.inFlight()) {
                outputEnding = promise;
                doShutdownOutput();
            } else {
                shutdownOutput(promise);
            }
        }

        @Override
        protected @Nullable Executor prepareToClose() {
            int linger = config.getSoLinger();
            if (!active || !isRegistered()) {
                return null;
            }
            if (outgoing.inFlight() && linger != 0) {
                outgoing.stop();
                doShutdownOutput();
                return close -> ending = Ending.within(
                        eventLoop(),
                        config.getCompletionPatienceMillis(),
                        () -> lingering(linger).execute(close));
            }
            return linger > 0 ? lingering(linger) : null;
        }

        /** Where to close the socket, which waits if it was told to linger. */
        private Executor lingering(int linger) {
            if (linger <= 0) {
                return Runnable::run;
            }
            doDeregister();
            return GlobalEventExecutor.INSTANCE;
        }

        /** The loop ends, and with it all waiting. */
        @Override
        public void close() {
            super.close();
            Ending close = ending;
            if (close != null && !isPolled()) {
                close.run();
            }
        }

        /** When the channel closes: what nobody will hear of any more. */
        void abandon() {
            connecting.abandon();
            ChannelPromise promise = outputEnding;
            if (promise != null) {
                outputEnding = null;
                promise.tryFailure(new ClosedChannelException());
            }
        }

        @Override
        public void connect(SocketAddress to, @Nullable SocketAddress from, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            try {
                connecting.check(remote);
                InetSocketAddress peer = resolved(to);
                if (from != null) {
                    doBind(from);
                }
                boolean connected = socket().connect(peer);
                poll();
                learnLocalAddress();
                connecting.begin(peer, promise);
                if (connected) {
                    finishConnect();
                }
            } catch (RuntimeException e) {
                promise.tryFailure(annotateConnectException(Failures.connect(e), to));
                if (e instanceof LinuxException) {
                    close();
                }
            }
        }

        private void finishConnect() {
            InetSocketAddress peer = connecting.peer();
            try {
                if (!socket().finishConnect()) {
                    return;
                }
            } catch (LinuxException e) {
                ChannelPromise promise = connecting.end();
                promise.tryFailure(annotateConnectException(Failures.connect(e), peer));
                return;
            }
            remote = peer;
            active = true;
            boolean told = connecting.end().trySuccess();
            pipeline().fireChannelActive();
            // Somebody gave it up meanwhile.
            if (!told) {
                close();
            }
        }
    }
}
