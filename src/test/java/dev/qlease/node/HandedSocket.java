package dev.qlease.node;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.SocketMessage;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A generic netlink socket as whoever got it can use it: without attributes, since permission is checked before. */
final class HandedSocket {
    private static final int REQUEST_AND_ACK = 5;
    private static final int HEADERS = 20;
    private static final int ERROR = 16;

    private HandedSocket() {}

    /** Sends a command of a family, and returns the error with which the kernel answers; 0 for none. */
    static int errno(FileDescriptor socket, int family, int command) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(HEADERS, 8);
            request.set(ValueLayout.JAVA_INT, 0, HEADERS);
            request.set(ValueLayout.JAVA_SHORT, 4, (short) family);
            request.set(ValueLayout.JAVA_SHORT, 6, (short) REQUEST_AND_ACK);
            request.set(ValueLayout.JAVA_INT, 8, 4711);
            request.set(ValueLayout.JAVA_BYTE, 16, (byte) command);
            request.set(ValueLayout.JAVA_BYTE, 17, (byte) 1);
            LinuxException.check(Sockets.send(socket.number(), request, HEADERS, 0), "send");
            MemorySegment reply = arena.allocate(4096, 8);
            SocketMessage message = new SocketMessage(arena, 0, 1, 0);
            message.piece(0, reply);
            LinuxException.check(
                    Sockets.recvmsg(socket.number(), message.header(), Libc.MSG_DONTWAIT()), "receive the answer");
            return -reply.get(ValueLayout.JAVA_INT, ERROR);
        }
    }
}
