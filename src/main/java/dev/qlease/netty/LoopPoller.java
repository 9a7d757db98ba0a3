package dev.qlease.netty;

import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.linux.sys.Log;
import dev.qlease.linux.sys.SocketPoller;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.Future;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Delivers the events of all channels of this package on an epoll event loop. Netty sees only the descriptor of an
 * epoll instance of our own, nested in the loop's. Otherwise Netty would allocate objects for each event with two
 * flags, as most completions have.
 *
 * <p>To be used on the event loop only. There is one per loop, which exists while the loop has such channels, so that
 * Netty knows when it has none.
 */
final class LoopPoller implements EpollIoHandle {
    private static final Log LOG = Log.of(LoopPoller.class);

    /**
     * The pollers of the event loops that a thread runs, usually one. Closed at the end of the thread, since not all
     * loops close their handles when they end.
     */
    private static final FastThreadLocal<Map<IoEventLoop, LoopPoller>> OF_THIS_THREAD = new FastThreadLocal<>() {
        @Override
        protected Map<IoEventLoop, LoopPoller> initialValue() {
            return new HashMap<>();
        }

        @Override
        protected void onRemoval(Map<IoEventLoop, LoopPoller> pollers) {
            pollers.values().forEach(LoopPoller::loopEnded);
        }
    };

    private final IoEventLoop loop;
    private final SocketPoller poller = SocketPoller.open();

    /** Netty's object for the descriptor, which remains owned by the poller: this object is never closed. */
    private final FileDescriptor polled = new FileDescriptor(poller.descriptor().number());

    private final Set<DevmemChannel> channels = new HashSet<>();
    private @Nullable IoRegistration registration;

    private LoopPoller(IoEventLoop loop) {
        this.loop = loop;
    }

    /** Adds {@code channel} to the channels of the loop, until it {@linkplain #leave leaves}. */
    static LoopPoller join(IoEventLoop loop, DevmemChannel channel) {
        LoopPoller poller = OF_THIS_THREAD.get().get(loop);
        if (poller == null) {
            poller = new LoopPoller(loop);
            poller.register();
            OF_THIS_THREAD.get().put(loop, poller);
        }
        poller.channels.add(channel);
        return poller;
    }

    private void register() {
        try {
            // Already complete, since this is called on the event loop.
            Future<IoRegistration> future = loop.register(this);
            if (!future.isSuccess()) {
                throw new IllegalStateException("the event loop does not accept a descriptor", future.cause());
            }
            IoRegistration registered = future.getNow();
            registration = registered;
            registered.submit(EpollIoOps.EPOLLIN);
        } catch (RuntimeException e) {
            end();
            throw e;
        }
    }

    /** Delivers the events of a channel's socket to {@code listener}. */
    SocketPoller.Watch watch(NonBlockingSocket socket, SocketPoller.Listener listener) {
        return poller.add(socket.descriptor(), listener);
    }

    /** Removes a channel, after it has closed its watch. Closes the poller with the last one. */
    void leave(DevmemChannel channel) {
        channels.remove(channel);
        if (channels.isEmpty()) {
            end();
        }
    }

    private void end() {
        if (poller.isOpen()) {
            OF_THIS_THREAD.get().remove(loop, this);
            IoRegistration registered = registration;
            if (registered != null) {
                registered.cancel();
            }
            poller.close();
        }
    }

    @Override
    public FileDescriptor fd() {
        return polled;
    }

    @Override
    public void handle(IoRegistration registered, IoEvent event) {
        if (poller.isOpen()) {
            poller.poll();
        }
    }

    /** Closes all channels at the end of the thread, if the event loop has not closed its handles. */
    private void loopEnded() {
        poller.close();
        closeChannels();
    }

    /** Closes all channels, since the event loop ends. */
    @Override
    public void close() {
        end();
        closeChannels();
    }

    private void closeChannels() {
        for (DevmemChannel channel : List.copyOf(channels)) {
            try {
                channel.loopEnded();
            } catch (RuntimeException e) {
                LOG.warn(channel + ": could not be closed with its loop", e);
            }
        }
    }
}
