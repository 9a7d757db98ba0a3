package dev.qlease.netty;

import dev.qlease.devmem.NonBlockingSocket;
import dev.qlease.devmem.SocketSetting;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import org.jspecify.annotations.Nullable;

/** What both channels' settings share. */
abstract sealed class DevmemChannelConfig extends DefaultChannelConfig
        permits DevmemSocketChannelConfig, DevmemServerSocketChannelConfig {
    private final DevmemChannel owner;
    private volatile String device = "";

    DevmemChannelConfig(DevmemChannel channel) {
        super(channel);
        this.owner = channel;
    }

    final NonBlockingSocket socket() {
        return owner.socket();
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> @Nullable T getOption(ChannelOption<T> option) {
        if (option.equals(ChannelOption.SO_RCVBUF)) {
            return (T) Integer.valueOf(getReceiveBufferSize());
        }
        if (option.equals(ChannelOption.SO_REUSEADDR)) {
            return (T) Boolean.valueOf(isReuseAddress());
        }
        if (option.equals(DevmemChannelOption.SO_BINDTODEVICE)) {
            return (T) device;
        }
        return super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option.equals(ChannelOption.SO_RCVBUF)) {
            socket().set(SocketSetting.SO_RCVBUF, (Integer) value);
        } else if (option.equals(ChannelOption.SO_REUSEADDR)) {
            socket().set(SocketSetting.SO_REUSEADDR, (Boolean) value ? 1 : 0);
        } else if (option.equals(DevmemChannelOption.SO_BINDTODEVICE)) {
            bindToDevice((String) value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** Has the channel use this device alone; empty for any. */
    public final void bindToDevice(String name) {
        socket().bindToDevice(name);
        device = name;
    }

    /** Bytes of the receive queue. */
    public int getReceiveBufferSize() {
        return socket().get(SocketSetting.SO_RCVBUF);
    }

    /** Whether an address may be taken while connections from before are still ending. */
    public boolean isReuseAddress() {
        return socket().get(SocketSetting.SO_REUSEADDR) != 0;
    }

    @Override
    protected void autoReadCleared() {
        owner.autoReadCleared();
    }
}
