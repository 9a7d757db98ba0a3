package dev.qlease.netty;

import io.netty.channel.ChannelOption;

/** What the channels of this package can be told beside Netty's own options. */
public final class DevmemChannelOption {
    /** The device that a channel uses alone, such as a netkit guest; socket(7). */
    public static final ChannelOption<String> SO_BINDTODEVICE =
            ChannelOption.valueOf(DevmemChannelOption.class, "SO_BINDTODEVICE");

    /**
     * How many milliseconds a channel that is closed waits for the kernel to be done with regions that it has sent; 5,000
     * unless told otherwise. After that it resets the connection, and their promises fail.
     */
    public static final ChannelOption<Integer> COMPLETION_PATIENCE_MILLIS =
            ChannelOption.valueOf(DevmemChannelOption.class, "COMPLETION_PATIENCE_MILLIS");

    private DevmemChannelOption() {}
}
