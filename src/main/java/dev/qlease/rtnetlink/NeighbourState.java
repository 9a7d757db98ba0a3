package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * The state of a neighbour, as flags of which at most one is set; NUD_ in linux/neighbour.h.
 *
 * @param value the kernel's number
 */
public record NeighbourState(int value) implements NamedValue {
    static final Names NAMES =
            Names.ofBits("incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent");

    /** No state. */
    public static final NeighbourState NONE = new NeighbourState(Uapi.NUD_NONE());

    /** The hardware address is being resolved. */
    public static final NeighbourState INCOMPLETE = new NeighbourState(Uapi.NUD_INCOMPLETE());

    /** It has been confirmed recently. */
    public static final NeighbourState REACHABLE = new NeighbourState(Uapi.NUD_REACHABLE());

    /** It has not been confirmed recently. */
    public static final NeighbourState STALE = new NeighbourState(Uapi.NUD_STALE());

    /** Packets are sent to it unconfirmed; a probe follows soon. */
    public static final NeighbourState DELAY = new NeighbourState(Uapi.NUD_DELAY());

    /** It is being probed. */
    public static final NeighbourState PROBE = new NeighbourState(Uapi.NUD_PROBE());

    /** Resolution has failed. */
    public static final NeighbourState FAILED = new NeighbourState(Uapi.NUD_FAILED());

    /** It needs no resolution. */
    public static final NeighbourState NOARP = new NeighbourState(Uapi.NUD_NOARP());

    /** It is permanent: it stays until it is deleted. */
    public static final NeighbourState PERMANENT = new NeighbourState(Uapi.NUD_PERMANENT());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    /** Returns whether all of {@code flags} are set. */
    public boolean has(NeighbourState flags) {
        return (value & flags.value) == flags.value;
    }

    /** Returns these flags and {@code added}. */
    public NeighbourState and(NeighbourState added) {
        return new NeighbourState(value | added.value);
    }

    @Override
    public String toString() {
        return text();
    }
}
