package dev.qlease.netty;

import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import java.net.InetSocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The attempt of a channel to connect, while one is under way: who waits for it, and for how long. For the loop alone. */
final class Connecting {
    private final StreamChannel channel;
    private @Nullable ChannelPromise promise;
    private @Nullable InetSocketAddress peer;
    private @Nullable Future<?> timeout;

    Connecting(StreamChannel channel) {
        this.channel = channel;
    }

    boolean isUnderWay() {
        return promise != null;
    }

    /** That the channel may connect. */
    void check(@Nullable InetSocketAddress remote) {
        if (promise != null) {
            throw new ConnectionPendingException();
        }
        if (remote != null) {
            throw new AlreadyConnectedException();
        }
    }

    void begin(InetSocketAddress to, ChannelPromise waiting) {
        peer = to;
        promise = waiting;
        int patience = channel.config().getConnectTimeoutMillis();
        if (patience > 0) {
            timeout = channel.eventLoop().schedule(() -> timeOut(waiting, patience), patience, TimeUnit.MILLISECONDS);
        }
        waiting.addListener(done -> {
            if (done.isCancelled() && waiting.equals(promise)) {
                giveUp();
            }
        });
    }

    private void timeOut(ChannelPromise waiting, int patience) {
        if (waiting.tryFailure(
                new ConnectTimeoutException("connection timed out after " + patience + " ms: " + peer))) {
            giveUp();
        }
    }

    private void giveUp() {
        forget();
        channel.unsafe().close(channel.unsafe().voidPromise());
    }

    InetSocketAddress peer() {
        return Objects.requireNonNull(peer);
    }

    /** The attempt is over; answers who waited for it. */
    ChannelPromise end() {
        ChannelPromise waiting = Objects.requireNonNull(promise);
        forget();
        return waiting;
    }

    private void forget() {
        promise = null;
        Future<?> scheduled = timeout;
        if (scheduled != null) {
            timeout = null;
            scheduled.cancel(false);
        }
    }

    /** The channel closes. */
    void abandon() {
        ChannelPromise waiting = promise;
        if (waiting != null) {
            forget();
            waiting.tryFailure(new ClosedChannelException());
        }
    }
}
