package dev.qlease.netty;

import dev.qlease.devmem.SocketSetting;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultMessageSizeEstimator;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannelConfig;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@link DevmemSocketChannel}: those of Netty's own socket channels, and those of
 * {@link DevmemChannelOption}. Safe for use by many threads.
 */
public final class DevmemSocketChannelConfig extends DevmemChannelConfig implements SocketChannelConfig {
    private static final int COMPLETION_PATIENCE_MILLIS = 5_000;

    private volatile boolean allowHalfClosure;
    private volatile int soLinger = -1;
    private volatile int completionPatienceMillis = COMPLETION_PATIENCE_MILLIS;
    private volatile MessageSizeEstimator estimator = new RegionSizeEstimator(DefaultMessageSizeEstimator.DEFAULT);

    @SuppressWarnings("this-escape")
    DevmemSocketChannelConfig(DevmemSocketChannel channel) {
        super(channel);
        // As Netty has it for all of its sockets.
        setTcpNoDelay(true);
    }

    /** {@inheritDoc} */
    @Override
    @SuppressWarnings("unchecked")
    public <T> @Nullable T getOption(ChannelOption<T> option) {
        if (option.equals(ChannelOption.SO_KEEPALIVE)) {
            return (T) Boolean.valueOf(isKeepAlive());
        }
        if (option.equals(ChannelOption.TCP_NODELAY)) {
            return (T) Boolean.valueOf(isTcpNoDelay());
        }
        if (option.equals(ChannelOption.SO_LINGER)) {
            return (T) Integer.valueOf(getSoLinger());
        }
        if (option.equals(ChannelOption.IP_TOS)) {
            return (T) Integer.valueOf(getTrafficClass());
        }
        if (option.equals(ChannelOption.SO_SNDBUF)) {
            return (T) Integer.valueOf(getSendBufferSize());
        }
        if (option.equals(ChannelOption.ALLOW_HALF_CLOSURE)) {
            return (T) Boolean.valueOf(isAllowHalfClosure());
        }
        if (option.equals(DevmemChannelOption.COMPLETION_PATIENCE_MILLIS)) {
            return (T) Integer.valueOf(getCompletionPatienceMillis());
        }
        return super.getOption(option);
    }

    /** {@inheritDoc} */
    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option.equals(ChannelOption.SO_KEEPALIVE)) {
            setKeepAlive((Boolean) value);
        } else if (option.equals(ChannelOption.TCP_NODELAY)) {
            setTcpNoDelay((Boolean) value);
        } else if (option.equals(ChannelOption.SO_LINGER)) {
            setSoLinger((Integer) value);
        } else if (option.equals(ChannelOption.IP_TOS)) {
            setTrafficClass((Integer) value);
        } else if (option.equals(ChannelOption.SO_SNDBUF)) {
            setSendBufferSize((Integer) value);
        } else if (option.equals(ChannelOption.ALLOW_HALF_CLOSURE)) {
            setAllowHalfClosure((Boolean) value);
        } else if (option.equals(DevmemChannelOption.COMPLETION_PATIENCE_MILLIS)) {
            setCompletionPatienceMillis((Integer) value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** How long closing waits for completions. */
    public int getCompletionPatienceMillis() {
        return completionPatienceMillis;
    }

    /** Sets how long closing waits for completions; 0 for not at all. */
    public DevmemSocketChannelConfig setCompletionPatienceMillis(int millis) {
        if (millis < 0) {
            throw new IllegalArgumentException("patience is 0 ms or more, not " + millis);
        }
        completionPatienceMillis = millis;
        return this;
    }

    @Override
    public boolean isTcpNoDelay() {
        return socket().get(SocketSetting.TCP_NODELAY) != 0;
    }

    @Override
    public DevmemSocketChannelConfig setTcpNoDelay(boolean on) {
        socket().set(SocketSetting.TCP_NODELAY, on ? 1 : 0);
        return this;
    }

    @Override
    public int getSoLinger() {
        return soLinger;
    }

    @Override
    public DevmemSocketChannelConfig setSoLinger(int seconds) {
        socket().linger(seconds);
        soLinger = seconds;
        return this;
    }

    @Override
    public int getSendBufferSize() {
        return socket().get(SocketSetting.SO_SNDBUF);
    }

    @Override
    public DevmemSocketChannelConfig setSendBufferSize(int bytes) {
        socket().set(SocketSetting.SO_SNDBUF, bytes);
        return this;
    }

    @Override
    public DevmemSocketChannelConfig setReceiveBufferSize(int bytes) {
        socket().set(SocketSetting.SO_RCVBUF, bytes);
        return this;
    }

    @Override
    public boolean isKeepAlive() {
        return socket().get(SocketSetting.SO_KEEPALIVE) != 0;
    }

    @Override
    public DevmemSocketChannelConfig setKeepAlive(boolean on) {
        socket().set(SocketSetting.SO_KEEPALIVE, on ? 1 : 0);
        return this;
    }

    @Override
    public int getTrafficClass() {
        return socket().get(SocketSetting.IP_TOS);
    }

    /** Sets it for IPv4, and for IPv6 where the kernel has that. */
    @Override
    public DevmemSocketChannelConfig setTrafficClass(int value) {
        socket().set(SocketSetting.IP_TOS, value);
        if (socket().isIpv6()) {
            socket().set(SocketSetting.IPV6_TCLASS, value);
        }
        return this;
    }

    @Override
    public DevmemSocketChannelConfig setReuseAddress(boolean on) {
        socket().set(SocketSetting.SO_REUSEADDR, on ? 1 : 0);
        return this;
    }

    /** Does nothing, as on all of Netty's sockets but Java's. */
    @Override
    public DevmemSocketChannelConfig setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        return this;
    }

    @Override
    public boolean isAllowHalfClosure() {
        return allowHalfClosure;
    }

    @Override
    public DevmemSocketChannelConfig setAllowHalfClosure(boolean allowed) {
        allowHalfClosure = allowed;
        return this;
    }

    /** Counts regions itself, and leaves all else to the one that was set. */
    @Override
    public MessageSizeEstimator getMessageSizeEstimator() {
        return estimator;
    }

    @Override
    public DevmemSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator others) {
        estimator = new RegionSizeEstimator(others);
        return this;
    }

    /**
     * Does nothing but refuse false: a connection that has failed is closed, so that the memory that it held is let go of.
     */
    @Override
    @SuppressWarnings("deprecation")
    public DevmemSocketChannelConfig setAutoClose(boolean on) {
        if (!on) {
            throw new IllegalArgumentException("a channel of device memory closes when writing fails");
        }
        return this;
    }

    @Override
    public DevmemSocketChannelConfig setConnectTimeoutMillis(int millis) {
        super.setConnectTimeoutMillis(millis);
        return this;
    }

    @Override
    public DevmemSocketChannelConfig setWriteSpinCount(int count) {
        super.setWriteSpinCount(count);
        return this;
    }

    @Override
    public DevmemSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public DevmemSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public DevmemSocketChannelConfig setAutoRead(boolean on) {
        super.setAutoRead(on);
        return this;
    }

    @Override
    public DevmemSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark mark) {
        super.setWriteBufferWaterMark(mark);
        return this;
    }

    @Override
    @Deprecated
    public DevmemSocketChannelConfig setMaxMessagesPerRead(int count) {
        super.setMaxMessagesPerRead(count);
        return this;
    }
}
