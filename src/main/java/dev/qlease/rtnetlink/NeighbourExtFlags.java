package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * Extended flags of a neighbour; NTF_EXT_ in linux/neighbour.h.
 *
 * @param value the kernel's number
 */
public record NeighbourExtFlags(int value) implements NamedValue {
    static final Names NAMES = Names.ofBits("managed", "locked", "ext-validated");

    /** The kernel keeps it resolved. */
    public static final NeighbourExtFlags MANAGED = new NeighbourExtFlags(Uapi.NTF_EXT_MANAGED());

    /** It may not move to another port. */
    public static final NeighbourExtFlags LOCKED = new NeighbourExtFlags(Uapi.NTF_EXT_LOCKED());

    /** An external controller keeps it resolved. */
    public static final NeighbourExtFlags EXT_VALIDATED = new NeighbourExtFlags(Uapi.NTF_EXT_EXT_VALIDATED());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    /** Returns whether all of {@code flags} are set. */
    public boolean has(NeighbourExtFlags flags) {
        return (value & flags.value) == flags.value;
    }

    /** Returns these flags and {@code added}. */
    public NeighbourExtFlags and(NeighbourExtFlags added) {
        return new NeighbourExtFlags(value | added.value);
    }

    @Override
    public String toString() {
        return text();
    }
}
