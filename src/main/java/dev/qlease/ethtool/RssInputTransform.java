package dev.qlease.ethtool;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * What is done to the fields of a packet before they are hashed, so that both directions of a flow get the same hash;
 * RXH_XFRM_ in linux/ethtool.h.
 *
 * @param value the kernel's number
 */
public record RssInputTransform(int value) implements NamedValue {
    static {
        NativeAccess.require();
    }

    static final Names NAMES = Names.ofBits("sym-xor", "sym-or-xor");

    /** Nothing. */
    public static final RssInputTransform NONE = new RssInputTransform(0);

    /** Source and destination are joined by exclusive or, and hashed twice. */
    public static final RssInputTransform SYM_XOR = new RssInputTransform(Uapi.RXH_XFRM_SYM_XOR());

    /** They are joined by exclusive or and by or, and both is hashed. */
    public static final RssInputTransform SYM_OR_XOR = new RssInputTransform(Uapi.RXH_XFRM_SYM_OR_XOR());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
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
