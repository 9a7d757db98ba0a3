package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Names;

/**
 * What the kernel knows of a neighbour, as flags of which one is set or none; NUD_ in linux/neighbour.h.
 *
 * @param value the kernel's number
 */
public record NeighbourState(int value) implements NamedValue {
    static final Names NAMES =
            Names.ofBits("incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent");

    /** Nothing. */
    public static final NeighbourState NONE = new NeighbourState(Uapi.NUD_NONE());

    /** It asks for the hardware address. */
    public static final NeighbourState INCOMPLETE = new NeighbourState(Uapi.NUD_INCOMPLETE());

    /** It was heard of lately. */
    public static final NeighbourState REACHABLE = new NeighbourState(Uapi.NUD_REACHABLE());

    /** It was heard of once. */
    public static final NeighbourState STALE = new NeighbourState(Uapi.NUD_STALE());

    /** Packets go there again; soon it asks. */
    public static final NeighbourState DELAY = new NeighbourState(Uapi.NUD_DELAY());

    /** It asks whether it is still there. */
    public static final NeighbourState PROBE = new NeighbourState(Uapi.NUD_PROBE());

    /** Nobody answered. */
    public static final NeighbourState FAILED = new NeighbourState(Uapi.NUD_FAILED());

    /** Nobody need be asked. */
    public static final NeighbourState NOARP = new NeighbourState(Uapi.NUD_NOARP());

    /** Somebody said so; it stays until it is deleted. */
    public static final NeighbourState PERMANENT = new NeighbourState(Uapi.NUD_PERMANENT());

    @Override
    public long number() {
        return Integer.toUnsignedLong(value);
    }

    @Override
    public Names names() {
        return NAMES;
    }

    /** Whether all of {@code flags} are set. */
    public boolean has(NeighbourState flags) {
        return (value & flags.value) == flags.value;
    }

    /** These and {@code added}. */
    public NeighbourState and(NeighbourState added) {
        return new NeighbourState(value | added.value);
    }

    @Override
    public String toString() {
        return text();
    }
}
