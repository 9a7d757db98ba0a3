package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.iovec;
import dev.qlease.ffi.libc.msghdr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A msghdr with an address, one or more iovecs and control data, laid out once and used for every sendmsg or recvmsg of a
 * socket. Its memory is its arena's. Not safe for use by several threads.
 */
public final class SocketMessage {
    private final MemorySegment header;
    private final MemorySegment iovecs;
    private final MemorySegment name;
    private final MemorySegment control;

    /**
     * A message with room for the given things; any of the sizes may be 0.
     *
     * @param nameSize bytes of address
     * @param iovecCount how many pieces of data
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

    /** Offers all of the room again, as before a recvmsg; the kernel shortens the lengths to what it filled. */
    public void reset() {
        pointer(header, msghdr.msg_name$offset(), name);
        msghdr.msg_namelen(header, (int) name.byteSize());
        pointer(header, msghdr.msg_control$offset(), control);
        msghdr.msg_controllen(header, control.byteSize());
        msghdr.msg_flags(header, 0);
    }

    /**
     * Writes a pointer, NULL for no bytes; as a number, since what Java sets up to write it as a pointer takes a starting
     * process 10 ms.
     */
    private static void pointer(MemorySegment struct, long offset, MemorySegment to) {
        struct.set(ValueLayout.JAVA_LONG, offset, to.byteSize() == 0 ? 0 : Native.address(to));
    }

    /** Makes {@code data} the piece {@code index}. */
    public void piece(int index, MemorySegment data) {
        piece(index, data.byteSize() == 0 ? 0 : Native.address(data), data.byteSize());
    }

    /** Makes {@code length} bytes at {@code address} the piece {@code index}. Allocates nothing. */
    public void piece(int index, long address, long length) {
        iovecs.set(ValueLayout.JAVA_LONG, index * iovec.sizeof() + iovec.iov_base$offset(), address);
        iovecs.set(ValueLayout.JAVA_LONG, index * iovec.sizeof() + iovec.iov_len$offset(), length);
    }

    /** Says how many of the pieces there are to send. */
    public void pieces(int count) {
        msghdr.msg_iovlen(header, count);
    }

    /** The msghdr itself. */
    public MemorySegment header() {
        return header;
    }

    /** The address. */
    public MemorySegment name() {
        return name;
    }

    /** The room for control data, all of it. */
    public MemorySegment control() {
        return control;
    }

    /** Says how much of the control data there is to send. */
    public void controlLength(long length) {
        msghdr.msg_controllen(header, length);
    }

    /** The MSG_ flags of the last recvmsg. */
    public int flags() {
        return msghdr.msg_flags(header);
    }
}
