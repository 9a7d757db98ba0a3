package dev.qlease.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Files;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which provider is taken, and what is said of the others. */
class DmaBufChoiceTest {
    /** A descriptor that has a size, as a dma-buf's has. */
    private static FileDescriptor memory(long size) {
        try (Arena arena = Arena.ofConfined()) {
            int fd = LinuxException.check(Files.memfdCreate(arena.allocateFrom("test"), 0), "memfd_create");
            LinuxException.check(Files.ftruncate(fd, size), "ftruncate");
            return FileDescriptor.owning(fd, "test memory");
        }
    }

    @Test
    void theFirstThatWorksIsTakenAndTheOthersSayWhyNot() {
        try (FileDescriptor small = memory(4096);
                FileDescriptor large = memory(8192)) {
            DmaBufChoice<DmaBuf> choice = DmaBufChoice.first(
                    List.of(GpuMemory.cuda("libnosuchgpu.so.1"), HandedIn.of(small), HandedIn.of(large)),
                    5000,
                    dmaBuf -> dmaBuf);
            try (DmaBuf dmaBuf = choice.value()) {
                assertThat(dmaBuf.size()).isEqualTo(8192);
                assertThat(choice.refusals())
                        .containsExactly(
                                "cuda: libnosuchgpu.so.1: this machine does not have the library (EOPNOTSUPP)",
                                "fd:" + small.number() + ": fd:" + small.number()
                                        + ": the dma-buf has 4096 bytes, but 5000 are needed (ENOSPC)");
            }
        }
    }

    @Test
    void aDmaBufThatTheDeviceRefusesIsClosedAndTheNextOneTried() {
        List<DmaBuf> tried = new ArrayList<>();
        try (FileDescriptor first = memory(4096);
                FileDescriptor second = memory(4096)) {
            DmaBufChoice<DmaBuf> choice =
                    DmaBufChoice.first(List.of(HandedIn.of(first), HandedIn.of(second)), 1, dmaBuf -> {
                        tried.add(dmaBuf);
                        if (tried.size() == 1) {
                            throw new LinuxException("bind-tx", Errno.EINVAL.number());
                        }
                        return dmaBuf;
                    });
            assertThat(tried.getFirst().descriptor().isOpen()).isFalse();
            assertThat(choice.value()).isSameAs(tried.getLast());
            choice.value().close();
        }
    }

    @Test
    void whenNoneWorksAllAreNamed() {
        assertThatThrownBy(() -> DmaBufChoice.first(
                        List.of(GpuMemory.cuda("libnosuchgpu.so.1"), DmaHeap.named("nosuchheap")), 1, dmaBuf -> dmaBuf))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("libnosuchgpu.so.1")
                .hasMessageContaining("there is no /dev/dma_heap/nosuchheap");
    }

    @Test
    void impossibleSizesAreRefusedBeforeTheKernelSeesThem() {
        for (long size : new long[] {0, -1, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> DmaHeap.system().allocate(size)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Udmabuf.pages().allocate(size)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
