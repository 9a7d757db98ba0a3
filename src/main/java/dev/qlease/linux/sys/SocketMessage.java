package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.iovec;
import dev.qlease.ffi.libc.msghdr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A msghdr with an address, one or more iovecs and control data, laid out once and used for every sendmsg or recvmsg of
 * a socket. Its memory belongs to its arena. Not thread-safe.
 */
public final class SocketMessage {
    private final MemorySegment header;
    private final MemorySegment iovecs;
    private final MemorySegment name;
    private final MemorySegment control;

    /**
     * Allocates a message with space for the given parts; any of the sizes may be 0.
     *
     * @param nameSize bytes of address
     * @param iovecCount number of pieces of data
     * @param controlSize bytes of control data
     */
    public SocketMessage(Arena arena, long nameSize, int iovecCount, long controlSize) {
        header = msghdr.allocate(arena);
        iovecs = iovec.allocateArray(iovecCount, arena);
        name = arena.allocate(nameSize, 8);
        control = arena.allocate(controlSize, 8);
        pointer(header, msghdr.msg_iov$offset(), iovecs);
        msghdr.msg_iovlen(header, iovecCount);
        reset();
    }

    /** Resets all lengths to the available space, as before a recvmsg; the kernel reduces them to what it filled. */
    public void reset() {
        pointer(header, msghdr.msg_name$offset(), name);
        msghdr.msg_namelen(header, (int) name.byteSize());
        pointer(header, msghdr.msg_control$offset(), control);
        msghdr.msg_controllen(header, control.byteSize());
        msghdr.msg_flags(header, 0);
    }

    /**
     * Writes a pointer, NULL for no bytes. Written as a number, because Java's setup for writing it as a pointer costs
     * a starting process 10 ms.
     */
    private static void pointer(MemorySegment struct, long offset, MemorySegment to) {
        struct.set(ValueLayout.JAVA_LONG, offset, to.byteSize() == 0 ? 0 : Native.address(to));
    }

    /** Sets {@code data} as piece {@code index}. */
    public void piece(int index, MemorySegment data) {
        piece(index, data.byteSize() == 0 ? 0 : Native.address(data), data.byteSize());
    }

    /** Sets {@code length} bytes at {@code address} as piece {@code index}. Allocates nothing. */
    public void piece(int index, long address, long length) {
        iovecs.set(ValueLayout.JAVA_LONG, index * iovec.sizeof() + iovec.iov_base$offset(), address);
        iovecs.set(ValueLayout.JAVA_LONG, index * iovec.sizeof() + iovec.iov_len$offset(), length);
    }

    /** Sets the number of pieces to send. */
    public void pieces(int count) {
        msghdr.msg_iovlen(header, count);
    }

    /** Returns the msghdr itself. */
    public MemorySegment header() {
        return header;
    }

    /** Returns the address. */
    public MemorySegment name() {
        return name;
    }

    /** Returns the whole space for control data. */
    public MemorySegment control() {
        return control;
    }

    /** Sets the length of the control data to send. */
    public void controlLength(long length) {
        msghdr.msg_controllen(header, length);
    }

    /** Returns the MSG_ flags of the last recvmsg. */
    public int flags() {
        return msghdr.msg_flags(header);
    }
}
