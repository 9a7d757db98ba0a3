package dev.qlease.ethtool;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** SIOCETHTOOL, for what netlink does not have; netdevice(7). Owns its socket. Safe for use by many threads. */
final class Ioctls implements AutoCloseable {
    /** Bytes of struct ifreq: a name, then a union whose largest member is struct ifmap. */
    private static final long IFREQ = 40;

    private final FileDescriptor socket;

    /** Opens a socket in {@code namespace}, the calling thread's if that is null. */
    Ioctls(@Nullable NetworkNamespace namespace) {
        Supplier<FileDescriptor> opening = () -> FileDescriptor.owning(
                LinuxException.check(
                        Sockets.socket(Libc.AF_UNIX(), Libc.SOCK_DGRAM() | Libc.SOCK_CLOEXEC(), 0),
                        "open a socket for ethtool"),
                "socket for ethtool");
        socket = namespace == null ? opening.get() : namespace.run(opening);
    }

    /**
     * Gives {@code command} to the driver of the device that has this name, its first one.
     *
     * @return 0 or more, or the negative error
     * @throws IllegalArgumentException if no device can have this name
     */
    int request(String ifname, MemorySegment command) {
        byte[] name = ifname.getBytes(StandardCharsets.UTF_8);
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
     * As {@link #request}.
     *
     * @param what what it does, for the error: "delete flow rule 3"
     * @throws LinuxException if the driver refuses
     */
    void call(String ifname, MemorySegment command, String what) {
        LinuxException.check(request(ifname, command), title(what, ifname));
    }

    /** How errors name {@code what}. */
    static String title(String what, String ifname) {
        return "ethtool: " + what + " of " + ifname;
    }

    @Override
    public void close() {
        socket.close();
    }
}
