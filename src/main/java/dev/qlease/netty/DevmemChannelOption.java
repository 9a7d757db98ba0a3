package dev.qlease.netty;

import io.netty.channel.ChannelOption;

/** The options of this package's channels, in addition to Netty's own. */
public final class DevmemChannelOption {
    /** The device to which a channel is bound, such as a netkit guest; socket(7). */
    public static final ChannelOption<String> SO_BINDTODEVICE =
            ChannelOption.valueOf(DevmemChannelOption.class, "SO_BINDTODEVICE");

    /**
     * How many milliseconds a channel that is being closed waits for the kernel to complete the regions in flight;
     * 5,000 by default. After that it resets the connection, and the promises of the regions fail when the kernel has
     * completed them.
     */
    public static final ChannelOption<Integer> COMPLETION_TIMEOUT_MILLIS =
            ChannelOption.valueOf(DevmemChannelOption.class, "COMPLETION_TIMEOUT_MILLIS");

    private DevmemChannelOption() {}
}
