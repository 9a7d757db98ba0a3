package dev.qlease.netty;

import dev.qlease.devmem.loop.NonBlockingSocket;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import java.net.StandardSocketOptions;
import org.jspecify.annotations.Nullable;

/** The common base of the configurations of both kinds of channel. */
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
            socket().setOption(StandardSocketOptions.SO_RCVBUF, (Integer) value);
        } else if (option.equals(ChannelOption.SO_REUSEADDR)) {
            socket().setOption(StandardSocketOptions.SO_REUSEADDR, (Boolean) value);
        } else if (option.equals(DevmemChannelOption.SO_BINDTODEVICE)) {
            bindToDevice((String) value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** Binds the channel to this device; an empty name unbinds it. */
    public final void bindToDevice(String name) {
        socket().bindToDevice(name);
        device = name;
    }

    /** Returns the size of the receive buffer in bytes. */
    public int getReceiveBufferSize() {
        return socket().getOption(StandardSocketOptions.SO_RCVBUF);
    }

    /** Returns whether an address may be bound while previous connections from it are still closing. */
    public boolean isReuseAddress() {
        return socket().getOption(StandardSocketOptions.SO_REUSEADDR);
    }

    @Override
    protected void autoReadCleared() {
        owner.autoReadCleared();
    }
}
