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

/** A channel's attempt to connect, with its promise and its timeout. To be used on the event loop only. */
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

    /** Checks that the channel may connect. */
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
        int timeoutMillis = channel.config().getConnectTimeoutMillis();
        if (timeoutMillis > 0) {
            timeout = channel.eventLoop()
                    .schedule(() -> timeOut(waiting, timeoutMillis), timeoutMillis, TimeUnit.MILLISECONDS);
        }
        waiting.addListener(done -> {
            if (done.isCancelled() && waiting.equals(promise)) {
                giveUp();
            }
        });
    }

    private void timeOut(ChannelPromise waiting, int timeoutMillis) {
        if (waiting.tryFailure(
                new ConnectTimeoutException("connection timed out after " + timeoutMillis + " ms: " + peer))) {
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

    /** Ends the attempt and returns its promise. */
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

    /** Fails the promise, if any, since the channel is closing. */
    void abandon() {
        ChannelPromise waiting = promise;
        if (waiting != null) {
            forget();
            waiting.tryFailure(new ClosedChannelException());
        }
    }
}
