package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.cmsghdr;
import dev.qlease.ffi.libc.msghdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Reads and writes the control messages of a msghdr as the CMSG_ macros of cmsg(3) do, with bounds checks.
 *
 * <p>A cursor over one buffer, reusable with {@link #rewind(MemorySegment)}; allocates nothing except the views that
 * callers request. Not thread-safe.
 */
public final class ControlMessages {
    /** The size in bytes of a control message's header, which its data follows. */
    public static final long HEADER = cmsghdr.sizeof();

    private MemorySegment control = MemorySegment.NULL;
    private long end;
    private long at;
    private long dataLength;
    private long next;

    /** Returns the space that {@code length} bytes of data occupy with header and padding; CMSG_SPACE. */
    public static long space(long length) {
        return HEADER + align(length);
    }

    /** Returns cmsg_level and cmsg_type as the 64-bit number that they are in memory. */
    public static long kind(int level, int type) {
        return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
                ? Integer.toUnsignedLong(level) | (long) type << Integer.SIZE
                : (long) level << Integer.SIZE | Integer.toUnsignedLong(type);
    }

    /**
     * Returns whether the message at {@code at} has this cmsg_len and {@linkplain #kind(int, int) kind}, by two
     * comparisons.
     */
    public static boolean is(MemorySegment control, long at, long length, long kind) {
        return control.get(ValueLayout.JAVA_LONG_UNALIGNED, at + cmsghdr.cmsg_len$offset()) == length
                && control.get(ValueLayout.JAVA_LONG_UNALIGNED, at + cmsghdr.cmsg_level$offset()) == kind;
    }

    private static long align(long length) {
        return length + Libc.C_LONG.byteSize() - 1 & -Libc.C_LONG.byteSize();
    }

    /** Moves to the beginning of the control data that the kernel stored with {@code header}. */
    public ControlMessages received(MemorySegment header) {
        return rewind(msghdr.msg_control(header).reinterpret(msghdr.msg_controllen(header)));
    }

    /** Moves to the beginning of {@code control}. */
    public ControlMessages rewind(MemorySegment control) {
        return rewind(control, control.byteSize());
    }

    /**
     * Moves to the beginning of {@code control}, of which the first {@code length} bytes are valid. Iterating with
     * {@link #dataOffset()} creates no views.
     *
     * @throws IndexOutOfBoundsException if it is shorter than that
     */
    public ControlMessages rewind(MemorySegment control, long length) {
        this.end = Objects.checkFromIndexSize(0, length, control.byteSize()) + length;
        this.control = control;
        this.at = 0;
        this.next = 0;
        this.dataLength = 0;
        return this;
    }

    /** Continues with the message at offset {@code to}, where one begins or the control data ends. */
    public void skip(long to) {
        next = Objects.checkIndex(to, end + 1);
    }

    /**
     * Moves to the next message; returns false at the end. A message whose length is impossible or extends beyond the
     * buffer, as in truncated control data, ends the iteration.
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

    /** Returns whether the current message has this level and type. */
    public boolean is(int level, int type) {
        return control.get(ValueLayout.JAVA_INT_UNALIGNED, at + cmsghdr.cmsg_level$offset()) == level
                && control.get(ValueLayout.JAVA_INT_UNALIGNED, at + cmsghdr.cmsg_type$offset()) == type;
    }

    /** Returns the number of bytes of data in the current message. */
    public long dataLength() {
        return dataLength;
    }

    /** Returns the offset in the buffer of the current message's data. */
    public long dataOffset() {
        return at + HEADER;
    }

    /** Returns a view of the current message's data. */
    public MemorySegment data() {
        return control.asSlice(at + HEADER, dataLength);
    }

    /**
     * Appends the header of a message and moves to it; its data is then written through {@link #data()}.
     *
     * @return the bytes of control data so far, for msg_controllen
     * @throws IndexOutOfBoundsException if the buffer is too small, or {@code length} negative
     */
    public long append(int level, int type, long length) {
        long room = end - next;
        // The first two comparisons prevent overflow in the third.
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
