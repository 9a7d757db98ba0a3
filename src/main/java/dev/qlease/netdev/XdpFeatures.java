package dev.qlease.netdev;

import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * What a device can do with XDP; enum netdev_xdp_act.
 *
 * @param bits the kernel's mask
 */
public record XdpFeatures(long bits) implements NamedValue {
    static final Names NAMES =
            Names.ofBits("basic", "redirect", "ndo-xmit", "xsk-zerocopy", "hw-offload", "rx-sg", "ndo-xmit-sg");

    /** XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX. */
    public static final XdpFeatures BASIC = new XdpFeatures(1L << 0);

    /** XDP_REDIRECT. */
    public static final XdpFeatures REDIRECT = new XdpFeatures(1L << 1);

    /** Frames can be redirected to it. */
    public static final XdpFeatures NDO_XMIT = new XdpFeatures(1L << 2);

    /** AF_XDP without copying. */
    public static final XdpFeatures XSK_ZEROCOPY = new XdpFeatures(1L << 3);

    /** Programs run on the device. */
    public static final XdpFeatures HW_OFFLOAD = new XdpFeatures(1L << 4);

    /** Frames in several buffers, received. */
    public static final XdpFeatures RX_SG = new XdpFeatures(1L << 5);

    /** Frames in several buffers, sent. */
    public static final XdpFeatures NDO_XMIT_SG = new XdpFeatures(1L << 6);

    /** Whether all of {@code flags} are set. */
    public boolean has(XdpFeatures flags) {
        return (bits & flags.bits) == flags.bits;
    }

    @Override
    public long number() {
        return bits;
    }

    @Override
    public Names names() {
        return NAMES;
    }

    @Override
    public String toString() {
        return text();
    }
}
