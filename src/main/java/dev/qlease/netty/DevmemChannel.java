package dev.qlease.netty;

import dev.qlease.devmem.NonBlockingSocket;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
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
    /** All but room to send, of which most events would tell as well: Netty makes objects for events of several kinds. */
    private static final EpollIoOps USUAL = EpollIoOps.EPOLLIN
            .with(EpollIoOps.EPOLLRDHUP)
            .with(EpollIoOps.EPOLLERR)
            .with(EpollIoOps.EPOLLET);

    private static final EpollIoOps ROOM_TOO = USUAL.with(EpollIoOps.EPOLLOUT);

    private final NonBlockingSocket socket;

    /** Netty's name for the descriptor, which stays the socket's: it is never closed. */
    private final FileDescriptor polled;

    private final Runnable readTask = this::readNow;
    private @Nullable IoRegistration registration;
    private boolean polling;
    private boolean pollingForRoom;
    private boolean readable;
    private boolean readPending;
    private boolean readScheduled;
    private volatile @Nullable InetSocketAddress local;

    DevmemChannel(@Nullable Channel parent, NonBlockingSocket socket) {
        super(parent);
        this.socket = socket;
        this.polled = new FileDescriptor(socket.descriptor().number());
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

    /** Whether events can come at all; not when the loop has ended. */
    final boolean isPolled() {
        IoRegistration registered = registration;
        return registered != null && registered.isValid();
    }

    /** Lets events come from now on: of a TCP socket that is neither connected nor listening they would make no sense. */
    final void poll() {
        polling = true;
        IoRegistration registered = registration;
        if (registered != null) {
            registered.submit(pollingForRoom ? ROOM_TOO : USUAL);
        }
    }

    /** Lets events come of room to send, or no more; the kernel tells anew of what there is. */
    final void pollForRoom(boolean on) {
        if (pollingForRoom != on) {
            pollingForRoom = on;
            if (polling) {
                poll();
            }
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
        return loop instanceof IoEventLoop io && io.isCompatible(LoopUnsafe.class);
    }

    @Override
    protected final void doRegister(ChannelPromise promise) {
        ((IoEventLoop) eventLoop()).register((LoopUnsafe) unsafe()).addListener(future -> {
            if (future.isSuccess()) {
                registration = (IoRegistration) future.getNow();
                if (polling) {
                    poll();
                }
                promise.setSuccess();
            } else {
                promise.setFailure(future.cause());
            }
        });
    }

    @Override
    protected final void doDeregister() {
        IoRegistration registered = registration;
        if (registered != null) {
            registration = null;
            registered.cancel();
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
            if (isRegistered() && !eventLoop().inEventLoop()) {
                // A close that waits, as SO_LINGER can demand, is not the loop's.
                eventLoop().execute(this::doDeregister);
            } else {
                doDeregister();
            }
        } finally {
            socket.close();
        }
    }

    /** The channel as its event loop sees it. */
    abstract class LoopUnsafe extends AbstractUnsafe implements EpollIoHandle {
        @Override
        public final FileDescriptor fd() {
            return polled;
        }

        @Override
        public void close() {
            close(voidPromise());
        }
    }
}
