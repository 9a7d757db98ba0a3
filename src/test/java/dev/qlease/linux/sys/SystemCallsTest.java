package dev.qlease.linux.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.pollfd;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class SystemCallsTest {
    private static FileDescriptor eventfd(int count) {
        return FileDescriptor.owning(
                LinuxException.check(Files.eventfd(count, Libc.EFD_CLOEXEC() | Libc.EFD_NONBLOCK()), "eventfd"), "fd");
    }

    private static MemorySegment watching(Arena arena, FileDescriptor file) {
        MemorySegment polled = pollfd.allocate(arena);
        pollfd.fd(polled, file.number());
        pollfd.events(polled, (short) Libc.POLLIN());
        return polled;
    }

    @Test
    void pollEndsAtItsDeadlineAndNotBefore() {
        try (FileDescriptor file = eventfd(0);
                Arena arena = Arena.ofConfined()) {
            MemorySegment polled = watching(arena, file);
            long start = System.nanoTime();
            assertThat(Events.poll(polled, 1, start + 30_500_000)).isZero();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(30_500_000);
            assertThat(Events.poll(polled, 1, start)).isZero();
        }
    }

    @Test
    void pollSaysWhatIsReady() {
        try (FileDescriptor file = eventfd(3);
                Arena arena = Arena.ofConfined()) {
            MemorySegment polled = watching(arena, file);
            for (long deadline : new long[] {Events.FOREVER, System.nanoTime(), Events.deadlineAfter(Duration.ZERO)}) {
                assertThat(Events.poll(polled, 1, deadline)).isEqualTo(1);
                assertThat(pollfd.revents(polled)).isEqualTo((short) Libc.POLLIN());
            }
        }
    }

    @Test
    void deadlinesOfALifetimeAreEndless() {
        assertThat(Events.deadlineAfter(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Events.FOREVER);
        assertThat(Events.deadlineAfter(Duration.ofSeconds(Long.MIN_VALUE))).isLessThanOrEqualTo(System.nanoTime());
        assertThat(Events.nanos(Duration.ofMillis(5))).isEqualTo(5_000_000);
        assertThat(Events.nanosUntil(Events.FOREVER)).isPositive();
        assertThat(Events.nanosUntil(System.nanoTime() - 1)).isNegative();
    }

    @Test
    void epollTellsOneFromTheOther() {
        try (FileDescriptor epoll = FileDescriptor.owning(Events.epollCreate(Libc.EPOLL_CLOEXEC()), "epoll");
                FileDescriptor silent = eventfd(0);
                FileDescriptor ready = eventfd(1);
                Arena arena = Arena.ofConfined()) {
            Events.epollAdd(epoll.number(), silent.number(), Libc.EPOLLIN(), 0x1122334455667788L);
            Events.epollAdd(epoll.number(), ready.number(), Libc.EPOLLIN(), -2);
            MemorySegment events = arena.allocate(EpollEvent.LAYOUT, 4);
            assertThat(Events.epollWait(epoll.number(), events, 4, 1000)).isEqualTo(1);
            assertThat(EpollEvent.events(events, 0)).isEqualTo(Libc.EPOLLIN());
            assertThat(EpollEvent.data(events, 0)).isEqualTo(-2);
            Files.write(silent.number(), arena.allocateFrom(Libc.C_LONG, 1L), 8);
            assertThat(Events.epollWait(epoll.number(), events, 4, 1000)).isEqualTo(2);
            assertThat(EpollEvent.data(events, 0) + EpollEvent.data(events, 1)).isEqualTo(0x1122334455667788L - 2);
            assertThatExceptionOfType(LinuxException.class)
                    .isThrownBy(() -> Events.epollAdd(epoll.number(), ready.number(), Libc.EPOLLIN(), 0))
                    .matches(e -> e.is(Errno.EEXIST));
        }
    }

    @Test
    void memoryIsMappedUntilItsArenaCloses() {
        try (Arena outer = Arena.ofConfined()) {
            FileDescriptor memory = FileDescriptor.owning(Files.memfdCreate(outer.allocateFrom("test"), 0), "memfd");
            long page = Memory.pageSize();
            assertThat(Files.ftruncate(memory.number(), 2 * page)).isZero();
            MemorySegment kept;
            int protection = Libc.PROT_READ() | Libc.PROT_WRITE();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment one = Memory.map(arena, 2 * page, protection, Libc.MAP_SHARED(), memory.number(), "mmap");
                MemorySegment two = Memory.map(arena, page, protection, Libc.MAP_SHARED(), memory.number(), "mmap");
                one.set(ValueLayout.JAVA_INT, page - 4, 77);
                assertThat(two.get(ValueLayout.JAVA_INT, page - 4)).isEqualTo(77);
                assertThatExceptionOfType(IndexOutOfBoundsException.class)
                        .isThrownBy(() -> two.get(ValueLayout.JAVA_INT, page));
                kept = one;
            }
            MemorySegment gone = kept;
            assertThat(gone.scope().isAlive()).isFalse();
            assertThatExceptionOfType(LinuxException.class)
                    .isThrownBy(() -> Memory.map(outer, 0, protection, Libc.MAP_SHARED(), memory.number(), "map it"))
                    .withMessage("map it: Invalid argument (EINVAL)");
            memory.close();
        }
    }

    @Test
    void aFunctionThatTheLibraryLacksIsNamed() {
        assertThatExceptionOfType(UnsatisfiedLinkError.class)
                .isThrownBy(() -> Native.symbol("no_such_function"))
                .withMessage(
                        "this system's C library has no function no_such_function: qlease needs glibc 2.34 or newer");
    }

    @Test
    void socketOptionsOfIntsAreSetAndRead() {
        try (FileDescriptor socket = FileDescriptor.owning(
                Sockets.socket(Libc.AF_UNIX(), Libc.SOCK_DGRAM() | Libc.SOCK_CLOEXEC(), 0), "socket")) {
            int fd = socket.number();
            assertThat(Sockets.setsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_RCVBUF(), 50_000))
                    .isZero();
            assertThat(Sockets.getsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_RCVBUF()))
                    .isEqualTo(100_000);
            assertThat(Sockets.getsockopt(fd, Libc.SOL_SOCKET(), 9999)).isEqualTo(-Errno.ENOPROTOOPT.number());
        }
    }
}
