package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.sockaddr_un;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Passing descriptors over unix sockets, and sending datagrams to them; unix(7), SCM_RIGHTS. */
public final class UnixSockets {
    /** The size of sun_path in struct sockaddr_un. */
    private static final int SUN_PATH = (int) sockaddr_un.sun_path$layout().byteSize();

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

    /** Returns the descriptors that came with a message. */
    static int[] received(SocketMessage message) {
        ControlMessages control = new ControlMessages().received(message.header());
        while (control.next()) {
            if (control.is(Libc.SOL_SOCKET(), Libc.SCM_RIGHTS())) {
                return control.data().toArray(Libc.C_INT.withByteAlignment(1));
            }
        }
        return new int[0];
    }

    /**
     * Sends one datagram to a socket without waiting.
     *
     * @param address the path of the socket, or @ and a name in the abstract namespace
     * @throws LinuxException with the kernel's error, such as ECONNREFUSED; ENAMETOOLONG for more than 108 bytes
     */
    public static void sendDatagram(String address, byte[] data) {
        String what = "send to " + address;
        int type = Libc.SOCK_DGRAM() | Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment to = address(arena, address, what);
            int fd = LinuxException.check(Sockets.socket(Libc.AF_UNIX(), type, 0), what);
            sendDatagram(fd, to, arena.allocateFrom(ValueLayout.JAVA_BYTE, data), what);
        }
    }

    private static void sendDatagram(int fd, MemorySegment to, MemorySegment bytes, String what) {
        try (FileDescriptor socket = FileDescriptor.owning(fd, what)) {
            int length = (int) to.byteSize();
            LinuxException.check(
                    Sockets.sendto(socket.number(), bytes, bytes.byteSize(), Libc.MSG_NOSIGNAL(), to, length), what);
        }
    }

    /**
     * Returns a sockaddr_un whose size is the length to pass to the kernel.
     *
     * @param address a path, or @ and a name in the abstract namespace
     * @param what the operation, for the error message
     * @throws LinuxException ENAMETOOLONG for no or more than 108 bytes
     */
    static MemorySegment address(Arena arena, String address, String what) {
        byte[] path = KernelText.encode(address);
        if (path.length > SUN_PATH || path.length == 0) {
            throw LinuxException.of(what, Errno.ENAMETOOLONG.number());
        }
        if (path[0] == '@') {
            path[0] = 0;
        }
        MemorySegment to = sockaddr_un.allocate(arena);
        sockaddr_un.sun_family(to, (short) Libc.AF_UNIX());
        MemorySegment.copy(path, 0, sockaddr_un.sun_path(to), ValueLayout.JAVA_BYTE, 0, path.length);
        // An abstract name ends with its length; a path may fill sun_path without a NUL.
        return to.asSlice(0, sockaddr_un.sun_path$offset() + path.length);
    }
}
