package dev.qlease.netty;

import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.linux.sys.SocketPoller;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.UnresolvedAddressException;
import org.jspecify.annotations.Nullable;

/**
 * The common base of both kinds of channel: a socket on an epoll event loop, with edge-triggered events. Whether to
 * read is decided here and not by the kernel. So a channel that does not read costs nothing, and neither do
 * completions, which level-triggered polling would report all the time.
 */
abstract class DevmemChannel extends AbstractChannel {
    private final NonBlockingSocket socket;

    private final Runnable readTask = this::readNow;
    private @Nullable LoopPoller poller;
    private SocketPoller.@Nullable Watch watch;
    private boolean polling;
    private boolean readable;
    private boolean readPending;
    private boolean readScheduled;
    private volatile @Nullable InetSocketAddress local;

    DevmemChannel(@Nullable Channel parent, NonBlockingSocket socket) {
        super(parent);
        this.socket = socket;
    }

    final NonBlockingSocket socket() {
        return socket;
    }

    /** Reads the available data, as much as the configuration allows; called if {@link #readable} returns true. */
    abstract void read0();

    /**
     * Returns whether there may be something to read: the kernel has reported so, and no read has found otherwise
     * since.
     */
    final boolean readable() {
        return readable;
    }

    final void readable(boolean maybe) {
        readable = maybe;
    }

    /** Records that the requested read is done. */
    final void readDone() {
        readPending = false;
    }

    /** Returns whether a read has been requested. */
    boolean readWanted() {
        return readPending || config().isAutoRead();
    }

    /** Reads if a read has been requested and there may be something to read. */
    final void readIfWanted() {
        if (readable && isOpen() && readWanted()) {
            read0();
        }
    }

    private void readNow() {
        readScheduled = false;
        readIfWanted();
    }

    /** Schedules a read on the event loop, which is made if it is still requested then. */
    final void scheduleRead() {
        if (readable && !readScheduled && isRegistered()) {
            readScheduled = true;
            eventLoop().execute(readTask);
        }
    }

    /** Called after auto-read was switched off. */
    final void autoReadCleared() {
        if (!isRegistered()) {
            readPending = false;
        } else if (eventLoop().inEventLoop()) {
            readPending = false;
        } else {
            eventLoop().execute(() -> {
                if (!config().isAutoRead()) {
                    readPending = false;
                }
            });
        }
    }

    /**
     * Starts the delivery of events. Not done earlier, since events of a TCP socket that is neither connected nor
     * listening mean nothing.
     */
    final void poll() {
        polling = true;
        LoopPoller ours = poller;
        if (ours != null && watch == null) {
            watch = ours.watch(socket, (LoopUnsafe) unsafe());
        }
    }

    static InetSocketAddress resolved(SocketAddress address) {
        InetSocketAddress internet = (InetSocketAddress) address;
        if (internet.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        return internet;
    }

    final void learnLocalAddress() {
        local = socket.localAddress();
    }

    @Override
    protected final @Nullable SocketAddress localAddress0() {
        return local;
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) super.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return (InetSocketAddress) super.remoteAddress();
    }

    @Override
    public final boolean isOpen() {
        return socket.isOpen();
    }

    @Override
    protected final boolean isCompatible(EventLoop loop) {
        return loop instanceof IoEventLoop io && io.isCompatible(LoopPoller.class);
    }

    @Override
    protected final void doRegister(ChannelPromise promise) {
        try {
            poller = LoopPoller.join((IoEventLoop) eventLoop(), this);
            if (polling) {
                poll();
            }
        } catch (RuntimeException e) {
            promise.setFailure(NettyErrors.io(e));
            return;
        }
        promise.setSuccess();
    }

    @Override
    protected final void doDeregister() {
        LoopPoller ours = poller;
        if (ours != null) {
            SocketPoller.Watch watched = watch;
            poller = null;
            watch = null;
            try {
                if (watched != null) {
                    watched.close();
                }
            } finally {
                ours.leave(this);
            }
        }
    }

    @Override
    protected final void doBeginRead() {
        readPending = true;
        scheduleRead();
    }

    @Override
    protected void doDisconnect() throws Exception {
        doClose();
    }

    @Override
    protected void doClose() throws Exception {
        try {
            // With SO_LINGER the socket may be closed by another thread; the event loop has then already done this.
            if (!isRegistered() || eventLoop().inEventLoop()) {
                doDeregister();
            }
        } finally {
            closeSocket();
        }
    }

    /** Closes the socket, which no event loop polls any more. */
    void closeSocket() {
        socket.close();
    }

    /** Closes the channel, since its event loop has ended. */
    void loopEnded() {
        ((LoopUnsafe) unsafe()).close();
    }

    /** The channel's transport operations and events, called by its event loop. */
    abstract class LoopUnsafe extends AbstractUnsafe implements SocketPoller.Listener {
        final void close() {
            close(voidPromise());
        }
    }
}
