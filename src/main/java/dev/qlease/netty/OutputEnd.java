package dev.qlease.netty;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.PromiseNotifier;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * A pending shutdown of a channel's output: the stream ends after the data that had been flushed when the shutdown was
 * requested, and the shutdown completes when the kernel has completed that data. To be used on the event loop only.
 */
final class OutputEnd {
    private final StreamChannel channel;
    private final Outgoing outgoing;
    private @Nullable ChannelPromise pending;

    OutputEnd(StreamChannel channel, Outgoing outgoing) {
        this.channel = channel;
        this.outgoing = outgoing;
    }

    /** Returns whether a shutdown has been requested and is not complete; writes are then refused. */
    boolean isPending() {
        return pending != null;
    }

    /**
     * Requests a shutdown, which completes the promise. If requested again, both promises complete together.
     *
     * @param buffer the channel's outbound buffer; null once its output is shut down
     * @param failure as in {@link #advance}
     */
    void begin(ChannelPromise promise, @Nullable ChannelOutboundBuffer buffer, @Nullable IOException failure) {
        ChannelPromise before = pending;
        if (before != null) {
            before.addListener(new PromiseNotifier<Void, ChannelFuture>(promise));
        } else if (buffer == null) {
            shutdown(promise);
        } else if (promise.setUncancellable()) {
            pending = promise;
            outgoing.stopAfterFlushed(buffer);
            advance(buffer, failure);
        }
    }

    /**
     * Ends the stream if all of its data has been sent, and completes the shutdown if the kernel has completed the
     * data.
     *
     * @param failure the error that has ended the connection, with which the promise fails; null if there is none
     */
    void advance(@Nullable ChannelOutboundBuffer buffer, @Nullable IOException failure) {
        ChannelPromise promise = pending;
        if (promise == null) {
            return;
        }
        if (failure != null) {
            pending = null;
            promise.tryFailure(failure);
        } else if (outgoing.isRetired() || buffer == null) {
            pending = null;
            shutdown(promise);
        } else if (outgoing.isSent()) {
            channel.doShutdownOutput();
        }
    }

    private void shutdown(ChannelPromise promise) {
        ((DevmemChannel.LoopUnsafe) channel.unsafe()).shutdownOutput(promise);
    }

    /** Fails the promise, since the channel is closed. */
    void abandon() {
        ChannelPromise promise = pending;
        if (promise != null) {
            pending = null;
            promise.tryFailure(new ClosedChannelException());
        }
    }
}
