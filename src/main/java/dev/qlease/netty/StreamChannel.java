package dev.qlease.netty;

import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.SocketPoller;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.internal.StringUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The data transfer of a {@link DevmemSocketChannel} between its socket and its pipeline. */
abstract class StreamChannel extends DevmemChannel {
    private final Outgoing outgoing;
    private final OutputEnd outputEnd;
    private final Incoming incoming;
    private volatile @Nullable InetSocketAddress remote;
    private volatile boolean active;
    private volatile boolean inputShutdown;
    private volatile boolean outputShutdown;

    /** Whether the event loop has ended, so that there are no further events. */
    private boolean loopEnded;

    /** The error that has ended the connection; null if none is known. */
    private @Nullable IOException failure;

    /** Creates a channel over a new socket, or over an accepted one if there is a {@code parent}. */
    StreamChannel(@Nullable Channel parent, NonBlockingSocket socket) {
        super(parent, socket);
        this.outgoing = new Outgoing(socket);
        this.outputEnd = new OutputEnd(this, outgoing);
        this.incoming = new Incoming(this);
        if (parent != null) {
            learnLocalAddress();
            remote = socket.remoteAddress().orElse(null);
            active = true;
            poll();
        }
    }

    @Override
    public abstract DevmemSocketChannelConfig config();

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new StreamUnsafe();
    }

    /**
     * Ends the output after the data flushed so far, and completes the promise when the kernel has completed that data.
     */
    final void endOutput(ChannelPromise promise) {
        outputEnd.begin(promise, stream().outboundBuffer(), failure);
    }

    private StreamUnsafe stream() {
        return (StreamUnsafe) unsafe();
    }

    @Override
    void loopEnded() {
        loopEnded = true;
        super.loopEnded();
        stream().stopWaiting();
    }

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        return remote;
    }

    @Override
    public boolean isActive() {
        return active;
    }

    /** Implements DuplexChannel. */
    public final boolean isInputShutdown() {
        return inputShutdown;
    }

    /** Implements DuplexChannel. */
    public final boolean isOutputShutdown() {
        return outputShutdown;
    }

    @Override
    void read0() {
        incoming.read((RecvByteBufAllocator.ExtendedHandle) stream().recvBufAllocHandle());
    }

    @Override
    boolean readWanted() {
        return !stream().closing() && (failure != null || super.readWanted());
    }

    /** Called after reading has failed: the connection has ended. */
    void readFailed(Throwable cause) {
        pipeline().fireExceptionCaught(cause);
        stream().close();
    }

    /** Called at the end of the stream. */
    void inputEnded() {
        IOException ended = failure;
        if (ended != null) {
            readFailed(ended);
        } else if (!inputShutdown) {
            if (config().isAllowHalfClosure()) {
                endInput();
                pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
                pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
            } else {
                stream().close();
            }
        }
    }

    /** Stops receiving. */
    final void endInput() {
        inputShutdown = true;
        socket().shutdownInput();
    }

    @Override
    protected Object filterOutboundMessage(Object message) throws Exception {
        if (outputEnd.isPending()) {
            throw new ChannelOutputShutdownException("Channel output shutdown");
        }
        if (message instanceof DmaBufRegion) {
            return message;
        }
        if (message instanceof ByteBuf bytes) {
            return bytes.isDirect() ? bytes : Outgoing.direct(bytes, alloc());
        }
        throw new UnsupportedOperationException("unsupported message type: " + StringUtil.simpleClassName(message)
                + " (expected: ByteBuf, DmaBufRegion)");
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
        IOException ended = failure;
        if (ended != null) {
            throw ended;
        }
        try {
            stream().written(outgoing.write(in, config().getWriteSpinCount()));
        } catch (LinuxException | IndexOutOfBoundsException e) {
            throw NettyErrors.io(e);
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
    protected void doClose() throws Exception {
        active = false;
        inputShutdown = true;
        outputShutdown = true;
        stream().abandon();
        try {
            outgoing.retainInFlight();
        } finally {
            super.doClose();
        }
    }

    /**
     * Sends may still be in flight if the event loop has ended, or if the connection was reset and the device is slow.
     */
    @Override
    void closeSocket() {
        int timeout = config().getSoLinger() == 0 ? 0 : config().getCompletionTimeoutMillis();
        socket().close(Duration.ofMillis(timeout));
    }

    /** Handles the channel's events and pending operations. */
    private final class StreamUnsafe extends LoopUnsafe {
        private final Runnable flushTask = this::flush0;
        private final Connecting connecting = new Connecting(StreamChannel.this);
        private boolean full;
        private boolean limited;
        private @Nullable PendingClose ending;

        boolean closing() {
            return ending != null;
        }

        @Override
        public void happened(int events) {
            try {
                handle(events);
            } catch (LinuxException | IllegalStateException e) {
                // Not rethrown, since that would disturb the whole event loop.
                readFailed(NettyErrors.io(e));
            }
        }

        private void handle(int events) {
            boolean hungUp = (events & SocketPoller.HUNG_UP) != 0;
            boolean room = hungUp || (events & SocketPoller.WRITABLE) != 0;
            if (connecting.isUnderWay() && !(room && finishConnect())) {
                return;
            }
            if ((events & SocketPoller.ERROR) != 0) {
                errorQueue(hungUp);
            }
            if (room) {
                full = false;
            }
            flush0();
            if (hungUp || (events & (SocketPoller.READABLE | SocketPoller.PEER_ENDED)) != 0) {
                readable(true);
            }
            readIfWanted();
        }

        /**
         * Reads completions. If the connection has ended with an error, reads the error first, since it may be their
         * cause.
         */
        private void errorQueue(boolean ended) {
            if (ended && failure == null) {
                try {
                    socket().checkConnection();
                } catch (LinuxException e) {
                    failure = NettyErrors.io(e);
                }
            }
            if (socket().complete(LoopMemories.ofThisThread()) > 0) {
                limited = false;
                outgoing.retire(failure);
                advanceOutputEnd();
                if (!outgoing.inFlight()) {
                    stopWaiting();
                }
            }
        }

        void written(Outgoing.Outcome outcome) {
            full = outcome == Outgoing.Outcome.FULL;
            limited = outcome == Outgoing.Outcome.LIMITED;
            if (outcome == Outgoing.Outcome.ENOUGH) {
                eventLoop().execute(flushTask);
            }
        }

        /** Does nothing while flushing is known to be useless. */
        @Override
        protected void flush0() {
            if (!full && !limited && ending == null) {
                super.flush0();
                advanceOutputEnd();
            }
        }

        private void advanceOutputEnd() {
            outputEnd.advance(outboundBuffer(), failure);
        }

        @Override
        protected @Nullable Executor prepareToClose() {
            int linger = config().getSoLinger();
            if (!active || !isRegistered() || loopEnded) {
                return null;
            }
            if (outgoing.inFlight()) {
                outgoing.stop();
                if (linger != 0) {
                    doShutdownOutput();
                }
                return close -> ending = PendingClose.within(
                        eventLoop(),
                        linger == 0 ? 0 : config().getCompletionTimeoutMillis(),
                        this::abort,
                        () -> lingering(linger).execute(close));
            }
            return linger > 0 ? lingering(linger) : null;
        }

        /**
         * Resets the connection, so that the kernel completes the sends in flight; fails what the peer has not
         * acknowledged.
         */
        private void abort() {
            if (failure == null) {
                failure = new ClosedChannelException();
            }
            socket().abort();
            errorQueue(false);
        }

        /** Returns an executor for closing the socket, since closing waits if SO_LINGER is set. */
        private Executor lingering(int linger) {
            if (linger <= 0) {
                return Runnable::run;
            }
            doDeregister();
            return GlobalEventExecutor.INSTANCE;
        }

        /** Ends a close that waits for completions: all have arrived, or no more will. */
        void stopWaiting() {
            PendingClose close = ending;
            if (close != null) {
                close.run();
            }
        }

        /** Fails the operations that closing the channel makes impossible. */
        void abandon() {
            connecting.abandon();
            outputEnd.abandon();
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
                if (connected && !finishConnect()) {
                    close();
                }
            } catch (RuntimeException e) {
                promise.tryFailure(annotateConnectException(NettyErrors.connect(e), to));
                if (e instanceof LinuxException) {
                    close();
                }
            }
        }

        /** Returns whether the connection has been established. */
        private boolean finishConnect() {
            InetSocketAddress peer = connecting.peer();
            try {
                if (!socket().finishConnect()) {
                    return false;
                }
            } catch (LinuxException e) {
                connecting.end().tryFailure(annotateConnectException(NettyErrors.connect(e), peer));
                return false;
            }
            remote = peer;
            active = true;
            boolean wanted = connecting.end().trySuccess();
            pipeline().fireChannelActive();
            if (!wanted) {
                close();
            }
            return isOpen();
        }
    }
}
