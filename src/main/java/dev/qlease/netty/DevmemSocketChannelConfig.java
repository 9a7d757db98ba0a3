package dev.qlease.netty;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultMessageSizeEstimator;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannelConfig;
import java.net.StandardSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a {@link DevmemSocketChannel}: the options of Netty's own socket channels, and those of {@link
 * DevmemChannelOption}. Thread-safe.
 */
public final class DevmemSocketChannelConfig extends DevmemChannelConfig implements SocketChannelConfig {
    private static final int COMPLETION_TIMEOUT_MILLIS = 5_000;

    private volatile boolean allowHalfClosure;
    private volatile int soLinger = -1;
    private volatile int completionTimeoutMillis = COMPLETION_TIMEOUT_MILLIS;
    private volatile MessageSizeEstimator estimator = new RegionSizeEstimator(DefaultMessageSizeEstimator.DEFAULT);

    @SuppressWarnings("this-escape")
    DevmemSocketChannelConfig(DevmemSocketChannel channel) {
        super(channel);
        // As Netty does for all of its sockets.
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
        if (option.equals(DevmemChannelOption.COMPLETION_TIMEOUT_MILLIS)) {
            return (T) Integer.valueOf(getCompletionTimeoutMillis());
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
        } else if (option.equals(DevmemChannelOption.COMPLETION_TIMEOUT_MILLIS)) {
            setCompletionTimeoutMillis((Integer) value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** Returns how many milliseconds closing waits for completions. */
    public int getCompletionTimeoutMillis() {
        return completionTimeoutMillis;
    }

    /** Sets how many milliseconds closing waits for completions; 0 for no wait. */
    public DevmemSocketChannelConfig setCompletionTimeoutMillis(int millis) {
        if (millis < 0) {
            throw new IllegalArgumentException("a timeout is 0 ms or more, not " + millis);
        }
        completionTimeoutMillis = millis;
        return this;
    }

    @Override
    public boolean isTcpNoDelay() {
        return socket().getOption(StandardSocketOptions.TCP_NODELAY);
    }

    @Override
    public DevmemSocketChannelConfig setTcpNoDelay(boolean on) {
        socket().setOption(StandardSocketOptions.TCP_NODELAY, on);
        return this;
    }

    @Override
    public int getSoLinger() {
        return soLinger;
    }

    @Override
    public DevmemSocketChannelConfig setSoLinger(int seconds) {
        socket().setOption(StandardSocketOptions.SO_LINGER, seconds);
        soLinger = seconds;
        return this;
    }

    @Override
    public int getSendBufferSize() {
        return socket().getOption(StandardSocketOptions.SO_SNDBUF);
    }

    @Override
    public DevmemSocketChannelConfig setSendBufferSize(int bytes) {
        socket().setOption(StandardSocketOptions.SO_SNDBUF, bytes);
        return this;
    }

    @Override
    public DevmemSocketChannelConfig setReceiveBufferSize(int bytes) {
        socket().setOption(StandardSocketOptions.SO_RCVBUF, bytes);
        return this;
    }

    @Override
    public boolean isKeepAlive() {
        return socket().getOption(StandardSocketOptions.SO_KEEPALIVE);
    }

    @Override
    public DevmemSocketChannelConfig setKeepAlive(boolean on) {
        socket().setOption(StandardSocketOptions.SO_KEEPALIVE, on);
        return this;
    }

    @Override
    public int getTrafficClass() {
        return socket().getOption(StandardSocketOptions.IP_TOS);
    }

    /** Sets the traffic class for IPv4, and for IPv6 if the kernel has IPv6. */
    @Override
    public DevmemSocketChannelConfig setTrafficClass(int value) {
        socket().setOption(StandardSocketOptions.IP_TOS, value);
        return this;
    }

    @Override
    public DevmemSocketChannelConfig setReuseAddress(boolean on) {
        socket().setOption(StandardSocketOptions.SO_REUSEADDR, on);
        return this;
    }

    /** Has no effect, as in Netty's other native transports. */
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

    /** Returns an estimator that counts regions itself and passes all other messages to the one that was set. */
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
     * Refuses false, and has no effect otherwise: a failed connection must be closed, so that its memory is released.
     */
    @Override
    @SuppressWarnings("deprecation")
    public DevmemSocketChannelConfig setAutoClose(boolean on) {
        if (!on) {
            throw new IllegalArgumentException(
                    "auto-close cannot be turned off: a device-memory channel is closed when a write fails");
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
