package dev.qlease.netty;

import dev.qlease.devmem.NonBlockingSocket;
import dev.qlease.devmem.SocketPoller;
import dev.qlease.linux.LinuxException;
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
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A connection's traffic: what {@link DevmemSocketChannel} does between its socket and its pipeline. */
abstract class StreamChannel extends DevmemChannel {
    private final Outgoing outgoing;
    private final Incoming incoming;
    private volatile @Nullable InetSocketAddress remote;
    private volatile boolean active;
    private volatile boolean inputShutdown;
    private volatile boolean outputShutdown;

    /** What has ended the connection, once that is known. */
    private @Nullable IOException failure;

    /** Over a new socket, if there is no {@code parent}, or one that was accepted. */
    StreamChannel(@Nullable Channel parent, NonBlockingSocket socket) {
        super(parent, socket);
        this.outgoing = new Outgoing(socket);
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

    /** Sends no more, once nothing is in flight. */
    final void endOutput(ChannelPromise promise) {
        stream().endOutput(promise);
    }

    private StreamUnsafe stream() {
        return (StreamUnsafe) unsafe();
    }

    @Override
    void loopEnded() {
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

    /** As a DuplexChannel. */
    public final boolean isInputShutdown() {
        return inputShutdown;
    }

    /** As a DuplexChannel. */
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

    /** After reading has failed: the connection has ended. */
    void readFailed(Throwable cause) {
        pipeline().fireExceptionCaught(cause);
        stream().close();
    }

    /** At the end of the stream. */
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

    /** Receives no more. */
    final void endInput() {
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
        private final Runnable flushTask = this::flush0;
        private final Connecting connecting = new Connecting(StreamChannel.this);
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
        public void happened(int events) {
            try {
                handle(events);
            } catch (LinuxException | IllegalStateException e) {
                // Thrown on, it would hold up the whole loop.
                readFailed(Failures.io(e));
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
            int linger = config().getSoLinger();
            if (!active || !isRegistered()) {
                return null;
            }
            if (outgoing.inFlight() && linger != 0) {
                outgoing.stop();
                doShutdownOutput();
                return close -> ending = Ending.within(
                        eventLoop(),
                        config().getCompletionPatienceMillis(),
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

        /** Nobody hears of the end that is waited for. */
        void stopWaiting() {
            Ending close = ending;
            if (close != null) {
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
                if (connected && !finishConnect()) {
                    close();
                }
            } catch (RuntimeException e) {
                promise.tryFailure(annotateConnectException(Failures.connect(e), to));
                if (e instanceof LinuxException) {
                    close();
                }
            }
        }

        /** Whether that has come about. */
        private boolean finishConnect() {
            InetSocketAddress peer = connecting.peer();
            try {
                if (!socket().finishConnect()) {
                    return false;
                }
            } catch (LinuxException e) {
                ChannelPromise promise = connecting.end();
                promise.tryFailure(annotateConnectException(Failures.connect(e), peer));
                return false;
            }
            remote = peer;
            active = true;
            boolean told = connecting.end().trySuccess();
            pipeline().fireChannelActive();
            // Somebody gave it up meanwhile.
            if (!told) {
                close();
            }
            return isOpen();
        }
    }
}
