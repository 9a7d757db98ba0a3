package dev.qlease.ethtool;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Supplier;

/** SIOCETHTOOL, for operations without a netlink equivalent; netdevice(7). Owns its socket. Thread-safe. */
final class Ioctls implements AutoCloseable {
    /** The size of struct ifreq: a name, then a union whose largest member is struct ifmap. */
    private static final long IFREQ = 40;

    private final FileDescriptor socket;

    /** Opens a socket in {@code namespace}. */
    Ioctls(NetworkNamespace namespace) {
        Supplier<FileDescriptor> opening = () -> FileDescriptor.owning(
                LinuxException.check(
                        Sockets.socket(Libc.AF_UNIX(), Libc.SOCK_DGRAM() | Libc.SOCK_CLOEXEC(), 0),
                        "open a socket for ethtool"),
                "socket for ethtool");
        socket = namespace.run(opening);
    }

    /**
     * Passes {@code command} to the driver of the device with this name, its primary one.
     *
     * @return 0 or more, or the negative errno
     * @throws IllegalArgumentException if this is not a valid device name
     */
    int request(String ifname, MemorySegment command) {
        byte[] name = KernelText.encode(ifname);
        if (name.length == 0 || name.length >= Uapi.IFNAMSIZ() || ifname.indexOf(0) >= 0) {
            throw new IllegalArgumentException(
                    "a device's name has 1 to " + (Uapi.IFNAMSIZ() - 1) + " bytes and no NUL: '" + ifname + "'");
        }
        int fd = socket.use();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(IFREQ, 8);
            MemorySegment.copy(name, 0, request, ValueLayout.JAVA_BYTE, 0, name.length);
            request.set(ValueLayout.JAVA_LONG, Uapi.IFNAMSIZ(), command.address());
            return Files.ioctl(fd, Uapi.SIOCETHTOOL(), request);
        } finally {
            socket.release();
        }
    }

    /**
     * Makes a request like {@link #request}.
     *
     * @param what the operation, for the error message, such as "delete flow rule 3"
     * @throws LinuxException if the driver refuses
     */
    void call(String ifname, MemorySegment command, String what) {
        LinuxException.check(request(ifname, command), title(what, ifname));
    }

    /** Returns the name of the operation {@code what} in error messages. */
    static String title(String what, String ifname) {
        return "ethtool: " + what + " of " + ifname;
    }

    @Override
    public void close() {
        socket.close();
    }
}
