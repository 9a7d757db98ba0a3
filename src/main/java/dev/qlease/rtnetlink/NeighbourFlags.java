package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * Flags of a neighbour; NTF_ in linux/neighbour.h.
 *
 * @param value the kernel's number
 */
public record NeighbourFlags(int value) implements NamedValue {
    static final Names NAMES =
            Names.ofBits("use", "self", "master", "proxy", "ext-learned", "offloaded", "sticky", "router");

    /** None. */
    public static final NeighbourFlags NONE = new NeighbourFlags(0);

    /** This machine answers requests for it (proxy). */
    public static final NeighbourFlags PROXY = new NeighbourFlags(Uapi.NTF_PROXY());

    /** An external controller added it. */
    public static final NeighbourFlags EXT_LEARNED = new NeighbourFlags(Uapi.NTF_EXT_LEARNED());

    /** It is a router. IPv6 only. */
    public static final NeighbourFlags ROUTER = new NeighbourFlags(Uapi.NTF_ROUTER());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    /** Returns whether all of {@code flags} are set. */
    public boolean has(NeighbourFlags flags) {
        return (value & flags.value) == flags.value;
    }

    /** Returns these flags and {@code added}. */
    public NeighbourFlags and(NeighbourFlags added) {
        return new NeighbourFlags(value | added.value);
    }

    @Override
    public String toString() {
        return text();
    }
}
