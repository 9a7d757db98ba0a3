package dev.qlease.netty;

import dev.qlease.devmem.NonBlockingSocket;
import dev.qlease.devmem.SocketPoller;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an epoll event loop hears of all its channels of this package. Netty sees one descriptor, that of an epoll instance of
 * our own which is in the loop's: of an event that tells of two things at once, as most that tell of completions do, it would
 * make objects.
 *
 * <p>For the loop alone. There is one while the loop has such channels; so Netty knows when it has none.
 */
final class LoopPoller implements EpollIoHandle {
    private static final Logger LOG = LoggerFactory.getLogger(LoopPoller.class);

    /** Those of the loops that a thread runs, as a rule of one. Not all loops tell their handles of their end. */
    private static final FastThreadLocal<Map<IoEventLoop, LoopPoller>> OF_THIS_THREAD = new FastThreadLocal<>() {
        @Override
        protected Map<IoEventLoop, LoopPoller> initialValue() {
            return new HashMap<>();
        }

        @Override
        protected void onRemoval(Map<IoEventLoop, LoopPoller> pollers) {
            pollers.values().forEach(left -> left.poller.close());
        }
    };

    private final IoEventLoop loop;
    private final SocketPoller poller = SocketPoller.open();

    /** Netty's name for the descriptor, which stays the poller's: it is never closed. */
    private final FileDescriptor polled = new FileDescriptor(poller.descriptor().number());

    private final Set<DevmemChannel> channels = new HashSet<>();
    private @Nullable IoRegistration registration;

    private LoopPoller(IoEventLoop loop) {
        this.loop = loop;
    }

    /** Makes {@code channel} one of the loop's, until it {@linkplain #leave leaves}. */
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
            // Done when this returns, being called on the loop.
            Future<IoRegistration> future = loop.register(this);
            if (!future.isSuccess()) {
                throw new IllegalStateException("the event loop takes no descriptor", future.cause());
            }
            IoRegistration registered = future.getNow();
            registration = registered;
            registered.submit(EpollIoOps.EPOLLIN);
        } catch (RuntimeException e) {
            end();
            throw e;
        }
    }

    /** Has {@code listener} told what happens to a channel's socket. */
    SocketPoller.Watch watch(NonBlockingSocket socket, SocketPoller.Listener listener) {
        return poller.add(socket, listener);
    }

    /** After a channel has closed its watch; the last closes this. */
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

    /** The loop ends, and with it all channels. */
    @Override
    public void close() {
        end();
        for (DevmemChannel channel : List.copyOf(channels)) {
            try {
                channel.loopEnded();
            } catch (RuntimeException e) {
                LOG.warn("{}: could not be closed with its loop", channel, e);
            }
        }
    }
}
