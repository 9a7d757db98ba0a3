package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;

/** Passing descriptors over unix sockets; unix(7), SCM_RIGHTS. */
public final class UnixSockets {
    private UnixSockets() {}

    /** Sends a copy of {@code fd} with one byte of data. */
    public static void sendDescriptor(int socket, int fd) {
        try (Arena arena = Arena.ofConfined()) {
            SocketMessage message = new SocketMessage(arena, 0, 1, ControlMessages.space(Integer.BYTES));
            message.piece(0, arena.allocate(1));
            ControlMessages rights = new ControlMessages().rewind(message.control());
            message.controlLength(rights.append(Libc.SOL_SOCKET(), Libc.SCM_RIGHTS(), Integer.BYTES));
            rights.data().set(ValueLayout.JAVA_INT_UNALIGNED, 0, fd);
            LinuxException.check(
                    Sockets.sendmsg(socket, message.header(), Libc.MSG_NOSIGNAL()), "sendmsg of a descriptor");
        }
    }

    /**
     * Receives one descriptor, close-on-exec.
     *
     * @throws LinuxException EBADMSG if none or several arrived; these are closed
     */
    public static int receiveDescriptor(int socket) {
        try (Arena arena = Arena.ofConfined()) {
            SocketMessage message = new SocketMessage(arena, 0, 1, ControlMessages.space(Integer.BYTES));
            message.piece(0, arena.allocate(1));
            LinuxException.check(
                    Sockets.recvmsg(socket, message.header(), Libc.MSG_CMSG_CLOEXEC()), "recvmsg of a descriptor");
            // The padding after one descriptor has space for a second: whatever the kernel stored there is open now.
            int[] received = received(message);
            if (received.length == 1 && (message.flags() & Libc.MSG_CTRUNC()) == 0) {
                return received[0];
            }
            for (int fd : received) {
                LinuxException.check(Files.close(fd), "close of a descriptor that was not asked for");
            }
            throw new LinuxException(
                    "recvmsg of a descriptor",
                    Errno.EBADMSG.number(),
                    received.length == 0 ? "no descriptor came" : "more than one descriptor came");
        }
    }

    private static int[] received(SocketMessage message) {
        ControlMessages control = new ControlMessages().received(message.header());
        while (control.next()) {
            if (control.is(Libc.SOL_SOCKET(), Libc.SCM_RIGHTS())) {
                return control.data().toArray(Libc.C_INT.withByteAlignment(1));
            }
        }
        return new int[0];
    }
}
