package dev.qlease.cli.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.sockaddr_un;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceManagerTest {
    @TempDir
    private Path directory;

    /** Opens a socket that receives datagrams at a path, or at a name in the abstract namespace after an @. */
    private static FileDescriptor listen(String address) {
        int type = Libc.SOCK_DGRAM() | Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK();
        FileDescriptor socket =
                FileDescriptor.owning(LinuxException.check(Sockets.socket(Libc.AF_UNIX(), type, 0), "socket"), address);
        try (Arena arena = Arena.ofConfined()) {
            byte[] path = address.replaceFirst("^@", "\0").getBytes(StandardCharsets.UTF_8);
            MemorySegment at = sockaddr_un.allocate(arena);
            sockaddr_un.sun_family(at, (short) Libc.AF_UNIX());
            MemorySegment.copy(path, 0, sockaddr_un.sun_path(at), ValueLayout.JAVA_BYTE, 0, path.length);
            int length = (int) sockaddr_un.sun_path$offset() + path.length;
            LinuxException.check(Sockets.bind(socket.number(), at, length), "bind");
        }
        return socket;
    }

    private static String receive(FileDescriptor socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(1000);
            long length = LinuxException.check(Files.read(socket.number(), buffer, 1000), "read");
            return new String(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    @Test
    void itIsToldByAPathOrAnAbstractName() {
        for (String address : new String[] {
            directory.resolve("notify").toString(),
            "@qlease-test-" + ProcessHandle.current().pid()
        }) {
            try (FileDescriptor socket = listen(address)) {
                ServiceManager.of(address).tell("READY=1\nSTATUS=é");
                assertThat(receive(socket)).isEqualTo("READY=1\nSTATUS=é");
            }
        }
    }

    @Test
    void oneThatIsNotThereIsNotTold() {
        ServiceManager.of(null).tell("READY=1");
        ServiceManager.of("vsock:2:1234").tell("READY=1");
        ServiceManager.of(directory.resolve("none").toString()).tell("READY=1");
        ServiceManager.of("/" + "x".repeat(200)).tell("READY=1");
    }
}
