package dev.qlease.ethtool;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * The transformation of a packet's fields before hashing, by which both directions of a flow get the same hash;
 * RXH_XFRM_ in linux/ethtool.h.
 *
 * @param value the kernel's number
 */
public record RssInputTransform(int value) implements NamedValue {
    static {
        NativeAccess.require();
    }

    static final Names NAMES = Names.ofBits("sym-xor", "sym-or-xor");

    /** None. */
    public static final RssInputTransform NONE = new RssInputTransform(0);

    /** Source and destination are combined by exclusive or, and the result is hashed twice. */
    public static final RssInputTransform SYM_XOR = new RssInputTransform(Uapi.RXH_XFRM_SYM_XOR());

    /** Source and destination are combined by exclusive or and by or, and both results are hashed. */
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
