package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.cmsghdr;
import dev.qlease.ffi.libc.msghdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Reads and writes the control messages of a msghdr: what the CMSG_ macros of cmsg(3) do, with every bound checked.
 *
 * <p>A cursor over one buffer, reusable by {@link #rewind(MemorySegment)}; allocates nothing but the views it is asked
 * for. Not safe for use by several threads.
 */
public final class ControlMessages {
    private static final long HEADER = cmsghdr.sizeof();

    private MemorySegment control = MemorySegment.NULL;
    private long end;
    private long at;
    private long dataLength;
    private long next;

    /** The room that {@code length} bytes of data take with header and padding; CMSG_SPACE. */
    public static long space(long length) {
        return HEADER + align(length);
    }

    private static long align(long length) {
        return length + Libc.C_LONG.byteSize() - 1 & -Libc.C_LONG.byteSize();
    }

    /** Starts at the beginning of the control data that the kernel left with {@code header}. */
    public ControlMessages received(MemorySegment header) {
        return rewind(msghdr.msg_control(header).reinterpret(msghdr.msg_controllen(header)));
    }

    /** Starts at the beginning of {@code control}. */
    public ControlMessages rewind(MemorySegment control) {
        return rewind(control, control.byteSize());
    }

    /**
     * Starts at the beginning of {@code control}, of which the first {@code length} bytes count. With {@link #dataOffset()}
     * a walk makes no views.
     *
     * @throws IndexOutOfBoundsException if it has fewer
     */
    public ControlMessages rewind(MemorySegment control, long length) {
        this.end = Objects.checkFromIndexSize(0, length, control.byteSize()) + length;
        this.control = control;
        this.at = 0;
        this.next = 0;
        this.dataLength = 0;
        return this;
    }

    /**
     * Moves to the next message; false at the end. One whose length is impossible or that reaches beyond the buffer, as
     * in truncated control data, ends the walk.
     */
    public boolean next() {
        if (end - next < HEADER) {
            return false;
        }
        long length = control.get(ValueLayout.JAVA_LONG_UNALIGNED, next + cmsghdr.cmsg_len$offset());
        if (length < HEADER || length > end - next) {
            return false;
        }
        at = next;
        dataLength = length - HEADER;
        next = Math.min(at + HEADER + align(dataLength), end);
        return true;
    }

    /** Whether the message at hand is of this level and type. */
    public boolean is(int level, int type) {
        return control.get(ValueLayout.JAVA_INT_UNALIGNED, at + cmsghdr.cmsg_level$offset()) == level
                && control.get(ValueLayout.JAVA_INT_UNALIGNED, at + cmsghdr.cmsg_type$offset()) == type;
    }

    /** Bytes of data in the message at hand. */
    public long dataLength() {
        return dataLength;
    }

    /** Where in the buffer the data of the message at hand begins. */
    public long dataOffset() {
        return at + HEADER;
    }

    /** The data of the message at hand, a view. */
    public MemorySegment data() {
        return control.asSlice(at + HEADER, dataLength);
    }

    /**
     * Writes the header of a message after those written so far and moves to it; its data is then put through
     * {@link #data()}.
     *
     * @return the bytes of control data so far, for msg_controllen
     * @throws IndexOutOfBoundsException if the buffer is too small, or {@code length} negative
     */
    public long append(int level, int type, long length) {
        long room = end - next;
        // The first two comparisons keep the third from overflowing.
        if (length < 0 || length > room || space(length) > room) {
            throw new IndexOutOfBoundsException("a control message of " + length + " bytes has no room in the " + room
                    + " bytes that are left of the buffer");
        }
        at = next;
        dataLength = length;
        next += space(length);
        control.set(ValueLayout.JAVA_LONG_UNALIGNED, at + cmsghdr.cmsg_len$offset(), HEADER + length);
        control.set(ValueLayout.JAVA_INT_UNALIGNED, at + cmsghdr.cmsg_level$offset(), level);
        control.set(ValueLayout.JAVA_INT_UNALIGNED, at + cmsghdr.cmsg_type$offset(), type);
        return next;
    }
}
