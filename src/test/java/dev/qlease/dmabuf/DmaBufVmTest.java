package dev.qlease.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.fixture.DmaHeaps;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Dma-bufs of a real kernel. */
@Tag("vm")
@Tag("pages")
class DmaBufVmTest {
    private static final Path HUGE_PAGES =
            HugePages.of(HugePages.size()).orElseThrow().directory().resolve("nr_hugepages");
    private static final long PAGE = Memory.pageSize();

    @BeforeAll
    static void loadTheGraphicsCardThatIsNone() throws Exception {
        new ProcessBuilder("modprobe", "-q", "vgem").start().waitFor();
        new ProcessBuilder("modprobe", "-q", "udmabuf").start().waitFor();
        java.nio.file.Files.writeString(HUGE_PAGES, "8");
    }

    static Stream<DmaBufProvider> providers() {
        return Stream.of(Udmabuf.pages(), Udmabuf.hugePages(), DmaHeap.system(), DrmDumbBuffer.anyCard());
    }

    private static void assumeAvailable(DmaBufProvider provider) {
        if (provider instanceof Udmabuf udmabuf && udmabuf.pageSize() > PAGE) {
            assumeTrue(hugePages() >= 8, "this machine could not reserve 8 huge pages");
        }
        if (provider instanceof DmaHeap) {
            DmaHeaps.assumeSystem();
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void whatIsWrittenIsReadAtAnyOffset(DmaBufProvider provider) {
        assumeAvailable(provider);
        try (DmaBuf dmaBuf = provider.allocate(100_000);
                Arena arena = Arena.ofConfined()) {
            assertThat(dmaBuf.size()).isGreaterThanOrEqualTo(100_000).matches(size -> size % PAGE == 0);
            assertThat(dmaBuf.requestedSize()).isEqualTo(100_000);
            dmaBuf.name("qlease test");
            byte[] bytes = new byte[65_537];
            new Random(7).nextBytes(bytes);
            MemorySegment written = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            MemorySegment read = arena.allocate(bytes.length);
            dmaBuf.memory().write(4095, written);
            dmaBuf.memory().read(4095, read);
            assertThat(read.mismatch(written)).isEqualTo(-1);
            assertThatThrownBy(() -> dmaBuf.memory().write(dmaBuf.size() - 1, written))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void aWindowIsFilledFromBuffersAndChannels(DmaBufProvider provider) throws Exception {
        assumeAvailable(provider);
        try (DmaBuf dmaBuf = provider.allocate(100_000)) {
            Windows.fillEachWay(dmaBuf);
        }
    }

    @Test
    void withoutHugePagesItIsSaidHowToReserveThem() {
        assertThatThrownBy(() -> Udmabuf.hugePages().allocate((hugePages() + 1L) * HugePages.size()))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.ENOMEM)).isTrue())
                .hasMessageContaining(">" + HUGE_PAGES);
    }

    private static int hugePages() {
        return Integer.parseInt(KernelFiles.read(HUGE_PAGES));
    }

    @Test
    void udmabufGathersPiecesInTheirOrder() {
        try (FileDescriptor memfd = memfd(4 * PAGE, Libc.F_SEAL_SHRINK());
                DmaBuf dmaBuf = Udmabuf.pages()
                        .gather(List.of(
                                new Udmabuf.Piece(memfd, 2 * PAGE, 2 * PAGE), new Udmabuf.Piece(memfd, 0, PAGE)));
                Arena arena = Arena.ofConfined()) {
            assertThat(dmaBuf.size()).isEqualTo(3 * PAGE);
            dmaBuf.memory().write(2 * PAGE, arena.allocateFrom("first page of the memfd"));
            MemorySegment page = arena.allocate(64);
            LinuxException.check(Files.read(memfd.number(), page, 64), "read");
            assertThat(page.getString(0)).isEqualTo("first page of the memfd");
        }
    }

    @Test
    void udmabufRefusesMemoryThatCouldShrink() {
        try (FileDescriptor memfd = memfd(PAGE, 0)) {
            assertThatThrownBy(() -> Udmabuf.pages().gather(List.of(new Udmabuf.Piece(memfd, 0, PAGE))))
                    .isInstanceOfSatisfying(
                            LinuxException.class,
                            e -> assertThat(e.is(Errno.EINVAL)).isTrue());
        }
    }

    private static FileDescriptor memfd(long size, int seals) {
        try (Arena arena = Arena.ofConfined()) {
            int allowSealing = 2;
            int fd = LinuxException.check(Files.memfdCreate(arena.allocateFrom("test"), allowSealing), "memfd_create");
            LinuxException.check(Files.ftruncate(fd, size), "ftruncate");
            LinuxException.check(Files.fcntl(fd, Libc.F_ADD_SEALS(), seals), "F_ADD_SEALS");
            return FileDescriptor.owning(fd, "memfd");
        }
    }

    @Test
    void udmabufNamesTheLimitThatIsInTheWay() throws Exception {
        Path limit = Path.of("/sys/module/udmabuf/parameters/size_limit_mb");
        String before = java.nio.file.Files.readString(limit);
        java.nio.file.Files.writeString(limit, "1");
        try {
            assertThatThrownBy(() -> Udmabuf.pages().allocate((1 << 20) + 1))
                    .hasMessageContaining((1 << 20) + PAGE + " bytes exceed the module's size_limit_mb of 1");
        } finally {
            java.nio.file.Files.writeString(limit, before);
        }
    }

    @Test
    void aHandedInDmaBufStaysItsOwners() {
        try (DmaBuf owned = Udmabuf.pages().allocate(1);
                Arena arena = Arena.ofConfined()) {
            try (DmaBuf copy = HandedIn.of(owned.descriptor()).allocate(17)) {
                assertThat(copy.requestedSize()).isEqualTo(17);
                assertThat(copy.size()).isEqualTo(PAGE);
                copy.memory().write(0, arena.allocateFrom("shared"));
            }
            MemorySegment read = arena.allocate(16);
            owned.memory().read(0, read);
            assertThat(read.getString(0)).isEqualTo("shared");
        }
    }

    @Test
    void aCardThatIsNotThereIsNotSupported() {
        assertThatThrownBy(() -> DrmDumbBuffer.card(Path.of("/dev/dri/card99")).allocate(1))
                .hasMessageContaining("there is no /dev/dri/card99");
    }
}
