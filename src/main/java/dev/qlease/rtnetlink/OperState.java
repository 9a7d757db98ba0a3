package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * The operational state of a link, RFC 2863; IF_OPER_ in linux/if.h.
 *
 * @param value the kernel's number
 */
public record OperState(int value) implements NamedValue {
    static final Names NAMES = Names.of("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up");

    /** Not reported by its driver, for instance that of a loopback device. */
    public static final OperState UNKNOWN = new OperState(Uapi.IF_OPER_UNKNOWN());

    /** It cannot pass packets. */
    public static final OperState DOWN = new OperState(Uapi.IF_OPER_DOWN());

    /** The link below it, or its peer, is down. */
    public static final OperState LOWERLAYERDOWN = new OperState(Uapi.IF_OPER_LOWERLAYERDOWN());

    /** It can pass packets. */
    public static final OperState UP = new OperState(Uapi.IF_OPER_UP());

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
