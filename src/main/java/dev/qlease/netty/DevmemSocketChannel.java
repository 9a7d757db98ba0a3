package dev.qlease.netty;

import dev.qlease.devmem.NonBlockingSocket;
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
 * A TCP connection on an epoll event loop that sends {@link DmaBufRegion}s as device memory and receives
 * {@link DmaBufFragment}s where a queue is bound to a dma-buf, each among ordinary {@link ByteBuf}s and in order with them.
 *
 * <p>As Netty's own channels, but for this:
 *
 * <ul>
 *   <li>The promise of a region completes, and the region is released, when the kernel says that its bytes may be changed:
 *       when the peer has acknowledged them. What is written after it completes after it. All of that counts as pending until
 *       then, also for the water marks, whose defaults are low for large regions.
 *   <li>Closing, and shutting the output down, sends no more, tells the peer, and then waits for the completion of what was
 *       sent: closing for as long as {@link DevmemChannelOption#COMPLETION_PATIENCE_MILLIS}, before it resets the connection,
 *       so that nobody gets bytes that were changed meanwhile. SO_LINGER 0 makes it reset the connection at once.
 *   <li>Where auto-read is off nothing is read that was not asked for, not even the end of the stream, unless the connection
 *       fails.
 * </ul>
 */
public final class DevmemSocketChannel extends StreamChannel implements SocketChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    private final DevmemSocketChannelConfig config;

    /** A channel in the calling thread's network namespace. */
    public DevmemSocketChannel() {
        this((NetworkNamespace) null);
    }

    /**
     * A channel in {@code namespace}; null for the calling thread's.
     *
     * @throws LinuxException if the kernel refuses to open a socket there
     */
    public DevmemSocketChannel(@Nullable NetworkNamespace namespace) {
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
                promise.tryFailure(Failures.io(e));
            }
        };
        if (eventLoop().inEventLoop()) {
            guarded.run();
        } else {
            eventLoop().execute(guarded);
        }
    }
}
