package dev.qlease.netlink;

import dev.qlease.linux.sys.KernelText;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A received datagram and a copy of it on the heap, from which numbers are read: a compiled method has room for many
 * more reads of an array than of a segment, and decoding a record takes dozens.
 *
 * <p>Callers check offsets against the datagram's size: the copy may have space after it, which holds older bytes.
 */
final class Received {
    /** The largest copy that is kept for the next datagram. The kernel's parts of dumps have up to 32 KiB. */
    private static final int KEPT = 1 << 17;

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private MemorySegment segment = MemorySegment.NULL;
    private byte[] bytes = {};

    /** Returns {@code segment} with a copy of it. */
    static Received of(MemorySegment segment) {
        Received received = new Received();
        received.replace(segment);
        return received;
    }

    /** Returns the bytes of {@code value}, with less work than {@code toArray} takes. */
    static byte[] copy(MemorySegment value) {
        byte[] copy = new byte[Math.toIntExact(value.byteSize())];
        MemorySegment.copy(value, ValueLayout.JAVA_BYTE, 0, copy, 0, copy.length);
        return copy;
    }

    /** Continues with another datagram. */
    void replace(MemorySegment datagram) {
        int size = Math.toIntExact(datagram.byteSize());
        if (bytes.length < size || bytes.length > KEPT) {
            bytes = new byte[size];
        }
        segment = datagram;
        MemorySegment.copy(datagram, ValueLayout.JAVA_BYTE, 0, bytes, 0, size);
    }

    /** Returns the size of the datagram in bytes. */
    int size() {
        return (int) segment.byteSize();
    }

    /** Returns part of the datagram itself. */
    MemorySegment slice(int at, int size) {
        return segment.asSlice(at, size);
    }

    byte i8(int at) {
        return bytes[at];
    }

    int u16(int at) {
        return Short.toUnsignedInt((short) SHORT.get(bytes, at));
    }

    int i32(int at) {
        return (int) INT.get(bytes, at);
    }

    long i64(int at) {
        return (long) LONG.get(bytes, at);
    }

    /** Returns the length of the attribute whose header is at {@code at}, with its header. */
    int length(int at) {
        return u16(at);
    }

    /** Returns the number of the attribute whose header is at {@code at}. */
    int type(int at) {
        return u16(at + 2) & AttributeIndex.TYPE_MASK;
    }

    /** Returns the offset of the attribute after the one at {@code at}; NLA_ALIGN. */
    int next(int at) {
        return at + (length(at) + 3 & ~3);
    }

    /** Returns the text of the attribute whose header is at {@code at}. */
    String text(int at) {
        return KernelText.decodeToNul(bytes, at + AttributeIndex.HEADER, length(at) - AttributeIndex.HEADER);
    }
}
