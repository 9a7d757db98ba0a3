package dev.qlease.netty;

import dev.qlease.devmem.NonBlockingSocket;
import dev.qlease.devmem.SocketPoller;
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
 * What both kinds of channel share: a socket on an epoll event loop, which tells each thing that happens to it
 * once. Whether to read is decided here and not by the kernel; so a channel that does not read costs nothing, and neither do
 * completions, which would be told for ever otherwise.
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

    /** Reads what is there, as much as the configuration allows, if {@link #readable} says that there may be something. */
    abstract void read0();

    /** Whether something may be there to be read: the kernel has said so, and nobody has found otherwise since. */
    final boolean readable() {
        return readable;
    }

    final void readable(boolean maybe) {
        readable = maybe;
    }

    /** Notes that what was asked for has been read. */
    final void readDone() {
        readPending = false;
    }

    /** Whether somebody wants to read. */
    boolean readWanted() {
        return readPending || config().isAutoRead();
    }

    /** Reads if somebody wants to and something may be there. */
    final void readIfWanted() {
        if (readable && isOpen() && readWanted()) {
            read0();
        }
    }

    private void readNow() {
        readScheduled = false;
        readIfWanted();
    }

    /** Reads later in this turn of the loop or in the next, if then somebody still wants to. */
    final void scheduleRead() {
        if (readable && !readScheduled && isRegistered()) {
            readScheduled = true;
            eventLoop().execute(readTask);
        }
    }

    /** After auto-read was switched off. */
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

    /** Lets events come from now on: of a TCP socket that is neither connected nor listening they would make no sense. */
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
            promise.setFailure(Failures.io(e));
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
            // A close that waits, as SO_LINGER can demand, is not the loop's; before that the loop has done this.
            if (!isRegistered() || eventLoop().inEventLoop()) {
                doDeregister();
            }
        } finally {
            socket.close();
        }
    }

    /** The loop has ended, and with it the channel. */
    void loopEnded() {
        ((LoopUnsafe) unsafe()).close();
    }

    /** The channel as its event loop sees it. */
    abstract class LoopUnsafe extends AbstractUnsafe implements SocketPoller.Listener {
        final void close() {
            close(voidPromise());
        }
    }
}
