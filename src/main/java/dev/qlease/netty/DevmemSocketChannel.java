package dev.qlease.netty;

import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection on an epoll event loop that sends {@link DmaBufRegion}s as device memory and receives {@link
 * DmaBufFragment}s if a receive queue is bound to a dma-buf, in stream order with ordinary {@link ByteBuf}s.
 *
 * <p>Behaves like Netty's own channels, except for the following:
 *
 * <ul>
 *   <li>The promise of a region completes, and the region is released, when the kernel reports that its bytes may be
 *       changed, which is when the peer has acknowledged them. Messages written after it complete after it. All of them
 *       count as pending until then, also for the water marks, whose defaults are low for large regions.
 *   <li>Shutting down the output refuses further writes, sends all data flushed before, ends the stream, and completes
 *       when the kernel has completed all sends. Writes that were not flushed fail.
 *   <li>Closing sends no more data, ends the stream, and waits for the sends in flight to complete, for at most {@link
 *       DevmemChannelOption#COMPLETION_TIMEOUT_MILLIS}. It then resets the connection, so that the peer never receives
 *       bytes that were changed, and waits for the kernel to complete the rest. With SO_LINGER 0 it resets the
 *       connection at once. A channel whose event loop has ended is closed in the same way without the loop: its
 *       promises fail at once, and its regions are released when the kernel has completed them.
 *   <li>If auto-read is off, nothing is read without a request, not even the end of the stream, unless the connection
 *       fails.
 * </ul>
 */
public final class DevmemSocketChannel extends StreamChannel implements SocketChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    private final DevmemSocketChannelConfig config;

    /** Creates a channel in the calling thread's network namespace. */
    public DevmemSocketChannel() {
        this(NetworkNamespace.ofCaller());
    }

    /**
     * Creates a channel in {@code namespace}, which remains owned by the caller.
     *
     * @throws LinuxException if the kernel refuses to open a socket there
     */
    public DevmemSocketChannel(NetworkNamespace namespace) {
        this(null, NonBlockingSocket.open(namespace));
    }

    @SuppressWarnings("this-escape")
    DevmemSocketChannel(@Nullable Channel parent, NonBlockingSocket socket) {
        super(parent, socket);
        this.config = new DevmemSocketChannelConfig(this);
    }

    @Override
    public DevmemSocketChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public @Nullable ServerSocketChannel parent() {
        return (ServerSocketChannel) super.parent();
    }

    @Override
    public boolean isShutdown() {
        return isInputShutdown() && isOutputShutdown();
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        onLoop(promise, () -> {
            endInput();
            promise.setSuccess();
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        onLoop(promise, () -> endOutput(promise));
        return promise;
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        shutdownOutput()
                .addListener(output -> shutdownInput().addListener(input -> {
                    Throwable cause = output.isSuccess() ? input.cause() : output.cause();
                    if (cause == null) {
                        promise.setSuccess();
                    } else {
                        promise.setFailure(cause);
                    }
                }));
        return promise;
    }

    private void onLoop(ChannelPromise promise, Runnable action) {
        Runnable guarded = () -> {
            try {
                action.run();
            } catch (RuntimeException e) {
                promise.tryFailure(NettyErrors.io(e));
            }
        };
        if (eventLoop().inEventLoop()) {
            guarded.run();
        } else {
            eventLoop().execute(guarded);
        }
    }
}
