package dev.qlease.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.sys.ControlMessages;
import dev.qlease.linux.sys.SocketMessage;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class FileDescriptorTest {
    @TempDir
    private Path directory;

    private static FileDescriptor[] pair(int type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(Libc.C_INT, 2);
            LinuxException.check(Sockets.socketpair(Libc.AF_UNIX(), type | Libc.SOCK_CLOEXEC(), 0, pair), "socketpair");
            return new FileDescriptor[] {
                FileDescriptor.owning(pair.getAtIndex(Libc.C_INT, 0), "left"),
                FileDescriptor.owning(pair.getAtIndex(Libc.C_INT, 1), "right")
            };
        }
    }

    private static FileDescriptor nothing() {
        return FileDescriptor.open(Path.of("/dev/null"), Libc.O_RDWR());
    }

    private static boolean isOpen(int fd) {
        return Files.exists(Path.of("/proc/self/fd", Integer.toString(fd)), java.nio.file.LinkOption.NOFOLLOW_LINKS);
    }

    private static String target(int fd) throws java.io.IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(fd)))
                .toString();
    }

    private static long openFiles() throws java.io.IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    @Test
    void closingClosesOnce() throws Exception {
        FileDescriptor file = nothing();
        int fd = file.number();
        assertThat(file).hasToString("/dev/null (fd " + fd + ")");
        assertThat(target(fd)).isEqualTo("/dev/null");
        file.close();
        assertThat(isOpen(fd)).isFalse();
        // The number goes to the next file, which the second close must leave alone.
        try (FileDescriptor next = nothing()) {
            assertThat(next.number()).isEqualTo(fd);
            file.close();
            assertThat(isOpen(fd)).isTrue();
        }
        assertThat(file).hasToString("/dev/null (closed)");
    }

    @Test
    void aClosedOneIsNotUsed() {
        FileDescriptor file = nothing();
        file.close();
        assertThat(file.isOpen()).isFalse();
        assertThatIllegalStateException().isThrownBy(file::number).withMessage("/dev/null is closed");
        assertThatIllegalStateException().isThrownBy(file::use).withMessage("/dev/null is closed");
        assertThatIllegalStateException().isThrownBy(file::dup);
    }

    @Test
    void theLastUserClosesIt() {
        FileDescriptor file = nothing();
        int fd = file.use();
        assertThat(file.use()).isEqualTo(fd);
        file.close();
        assertThat(file.isOpen()).isFalse();
        assertThat(isOpen(fd)).isTrue();
        file.release();
        assertThat(isOpen(fd)).isTrue();
        file.release();
        assertThat(isOpen(fd)).isFalse();
    }

    @Test
    void openingSaysWhatIsMissing() {
        Path missing = directory.resolve("missing");
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> FileDescriptor.open(missing, Libc.O_RDONLY()))
                .withMessage("open " + missing + ": No such file or directory (ENOENT)");
        assertThatIllegalArgumentException().isThrownBy(() -> FileDescriptor.owning(-1, "nothing"));
    }

    @Test
    void descriptorsAreCloseOnExec() {
        try (FileDescriptor file = nothing();
                FileDescriptor copy = file.dup()) {
            for (FileDescriptor one : List.of(file, copy)) {
                assertThat(dev.qlease.linux.sys.Files.fcntl(one.number(), Libc.F_GETFD(), 0))
                        .isEqualTo(Libc.FD_CLOEXEC());
            }
        }
    }

    @Test
    void aDuplicateIsTheSameFileWithItsOwnEnd() {
        FileDescriptor[] pair = pair(Libc.SOCK_STREAM());
        FileDescriptor copy = pair[0].dup();
        assertThat(copy.number()).isNotEqualTo(pair[0].number());
        pair[0].close();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom("hello");
            assertThat(dev.qlease.linux.sys.Files.write(copy.number(), bytes, 5))
                    .isEqualTo(5);
            assertThat(dev.qlease.linux.sys.Files.read(pair[1].number(), bytes.fill((byte) 0), 5))
                    .isEqualTo(5);
            assertThat(bytes.getString(0)).isEqualTo("hello");
        }
        copy.close();
        pair[1].close();
    }

    @Test
    void oneIsPassedOverAUnixSocket() throws Exception {
        Path path = Files.writeString(directory.resolve("file"), "content");
        FileDescriptor[] pair = pair(Libc.SOCK_STREAM());
        try (FileDescriptor left = pair[0];
                FileDescriptor right = pair[1];
                FileDescriptor sent = FileDescriptor.open(path, Libc.O_RDONLY())) {
            sent.sendOver(left);
            try (FileDescriptor received = FileDescriptor.receiveFrom(right)) {
                assertThat(received.number()).isNotEqualTo(sent.number());
                assertThat(target(received.number())).isEqualTo(path.toString());
                assertThat(received.toString()).startsWith("descriptor received over right");
                assertThat(dev.qlease.linux.sys.Files.fcntl(received.number(), Libc.F_GETFD(), 0))
                        .isEqualTo(Libc.FD_CLOEXEC());
            }
            assertThat(sent.isOpen()).isTrue();
        }
    }

    @Test
    void dataWithoutADescriptorIsAnError() {
        FileDescriptor[] pair = pair(Libc.SOCK_STREAM());
        try (FileDescriptor left = pair[0];
                FileDescriptor right = pair[1];
                Arena arena = Arena.ofConfined()) {
            dev.qlease.linux.sys.Files.write(left.number(), arena.allocate(1), 1);
            assertThatExceptionOfType(LinuxException.class)
                    .isThrownBy(() -> FileDescriptor.receiveFrom(right))
                    .withMessage("recvmsg of a descriptor: no descriptor came (EBADMSG)");
            Sockets.shutdown(left.number(), Libc.SHUT_WR());
            assertThatExceptionOfType(LinuxException.class)
                    .isThrownBy(() -> FileDescriptor.receiveFrom(right))
                    .withMessageContaining("no descriptor came");
        }
    }

    /** Whatever a peer sends along, none of it stays open unseen. */
    @Test
    void descriptorsThatNobodyAskedForAreClosed() throws Exception {
        for (int count : new int[] {2, 3, 5}) {
            FileDescriptor[] pair = pair(Libc.SOCK_SEQPACKET());
            try (FileDescriptor left = pair[0];
                    FileDescriptor right = pair[1];
                    FileDescriptor sent = nothing();
                    Arena arena = Arena.ofConfined()) {
                long size = (long) count * Integer.BYTES;
                SocketMessage message = new SocketMessage(arena, 0, 1, ControlMessages.space(size));
                message.piece(0, arena.allocate(1));
                ControlMessages rights = new ControlMessages().rewind(message.control());
                message.controlLength(rights.append(Libc.SOL_SOCKET(), Libc.SCM_RIGHTS(), size));
                for (int i = 0; i < count; i++) {
                    rights.data().set(ValueLayout.JAVA_INT_UNALIGNED, i * 4L, sent.number());
                }
                LinuxException.check(Sockets.sendmsg(left.number(), message.header(), 0), "sendmsg");
                long before = openFiles();
                assertThatExceptionOfType(LinuxException.class)
                        .isThrownBy(() -> FileDescriptor.receiveFrom(right))
                        .withMessage("recvmsg of a descriptor: more than one descriptor came (EBADMSG)");
                assertThat(openFiles()).isEqualTo(before);
            }
        }
    }

    /** A closed number is given to the next file that anybody opens: no use may ever touch that one. */
    @Test
    void usersNeverMeetSomebodyElsesFile() throws Exception {
        for (int round = 0; round < 300; round++) {
            Path path = Files.createFile(directory.resolve("round-" + round));
            FileDescriptor file = FileDescriptor.open(path, Libc.O_RDONLY());
            AtomicInteger wrong = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                threads.add(Thread.ofPlatform().start(() -> use(file, path, wrong)));
            }
            file.close();
            try (FileDescriptor _ = nothing()) {
                for (Thread thread : threads) {
                    thread.join();
                }
            }
            assertThat(wrong).hasValue(0);
        }
    }

    private static void use(FileDescriptor file, Path path, AtomicInteger wrong) {
        try {
            while (true) {
                int fd = file.use();
                try {
                    if (!target(fd).equals(path.toString())) {
                        wrong.incrementAndGet();
                    }
                } catch (java.io.IOException e) {
                    wrong.incrementAndGet();
                } finally {
                    file.release();
                }
            }
        } catch (IllegalStateException closed) {
            assertThat(closed).hasMessageEndingWith("is closed");
        }
    }
}
