package dev.qlease.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ServerSocketChannelConfig;
import io.netty.util.NetUtil;
import java.net.StandardSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a {@link DevmemServerSocketChannel}: the options of Netty's own, and {@link
 * DevmemChannelOption#SO_BINDTODEVICE}. Thread-safe.
 */
public final class DevmemServerSocketChannelConfig extends DevmemChannelConfig implements ServerSocketChannelConfig {
    private volatile int backlog = NetUtil.SOMAXCONN;

    @SuppressWarnings("this-escape")
    DevmemServerSocketChannelConfig(DevmemServerSocketChannel channel) {
        super(channel);
        // As Netty does: otherwise the port stays in use for a minute after its last connection.
        setReuseAddress(true);
    }

    /** {@inheritDoc} */
    @Override
    @SuppressWarnings("unchecked")
    public <T> @Nullable T getOption(ChannelOption<T> option) {
        if (option.equals(ChannelOption.SO_BACKLOG)) {
            return (T) Integer.valueOf(getBacklog());
        }
        return super.getOption(option);
    }

    /** {@inheritDoc} */
    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option.equals(ChannelOption.SO_BACKLOG)) {
            setBacklog((Integer) value);
            return true;
        }
        return super.setOption(option, value);
    }

    @Override
    public int getBacklog() {
        return backlog;
    }

    @Override
    public DevmemServerSocketChannelConfig setBacklog(int connections) {
        if (connections < 0) {
            throw new IllegalArgumentException("a backlog is 0 connections or more, not " + connections);
        }
        backlog = connections;
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setReuseAddress(boolean on) {
        socket().setOption(StandardSocketOptions.SO_REUSEADDR, on);
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setReceiveBufferSize(int bytes) {
        socket().setOption(StandardSocketOptions.SO_RCVBUF, bytes);
        return this;
    }

    /** Has no effect, as in Netty's other native transports. */
    @Override
    public DevmemServerSocketChannelConfig setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setConnectTimeoutMillis(int millis) {
        super.setConnectTimeoutMillis(millis);
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setWriteSpinCount(int count) {
        super.setWriteSpinCount(count);
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setAutoRead(boolean on) {
        super.setAutoRead(on);
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark mark) {
        super.setWriteBufferWaterMark(mark);
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setWriteBufferHighWaterMark(int bytes) {
        super.setWriteBufferHighWaterMark(bytes);
        return this;
    }

    @Override
    public DevmemServerSocketChannelConfig setWriteBufferLowWaterMark(int bytes) {
        super.setWriteBufferLowWaterMark(bytes);
        return this;
    }

    @Override
    @Deprecated
    public DevmemServerSocketChannelConfig setMaxMessagesPerRead(int count) {
        super.setMaxMessagesPerRead(count);
        return this;
    }
}
