package dev.qlease.netdev;

import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * A device's support for XDP; enum netdev_xdp_act.
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

    /** The device can be the target of a redirect. */
    public static final XdpFeatures NDO_XMIT = new XdpFeatures(1L << 2);

    /** AF_XDP zero-copy. */
    public static final XdpFeatures XSK_ZEROCOPY = new XdpFeatures(1L << 3);

    /** Programs can run on the device itself. */
    public static final XdpFeatures HW_OFFLOAD = new XdpFeatures(1L << 4);

    /** Receiving frames in several buffers. */
    public static final XdpFeatures RX_SG = new XdpFeatures(1L << 5);

    /** Sending frames in several buffers. */
    public static final XdpFeatures NDO_XMIT_SG = new XdpFeatures(1L << 6);

    /** Returns whether all of {@code flags} are set. */
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
