package dev.qlease.linux.sys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.Async;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CaptureStateTest {
    private static final int MANY = 300;

    @Test
    void nobodySharesASegment() {
        List<MemorySegment> taken = new ArrayList<>();
        Set<Long> addresses = new HashSet<>();
        for (int i = 0; i < MANY; i++) {
            MemorySegment state = CaptureState.take();
            taken.add(state);
            addresses.add(state.address());
        }
        assertThat(addresses).hasSize(MANY);
        taken.forEach(CaptureState::give);
    }

    @Test
    void moreCallsThanThereAreSegmentsBlockAndGoOnUndisturbed() throws Exception {
        try (FileDescriptor gate = FileDescriptor.owning(
                        LinuxException.check(Files.eventfd(0, Libc.EFD_CLOEXEC() | Libc.EFD_SEMAPHORE()), "eventfd"),
                        "gate");
                Arena arena = Arena.ofShared()) {
            List<CompletableFuture<Long>> blocked = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                MemorySegment value = arena.allocate(8, 8);
                blocked.add(Async.supply(() -> Files.read(gate.number(), value, 8)));
            }
            // With the pool empty an error's number still arrives whole.
            for (int i = 0; i < 1000; i++) {
                assertThat(Files.close(-1)).isEqualTo(-Errno.EBADF.number());
                assertThat(Files.fcntl(gate.number(), -5, 0)).isEqualTo(-Errno.EINVAL.number());
            }
            MemorySegment all = arena.allocateFrom(Libc.C_LONG, (long) MANY);
            assertThat(Files.write(gate.number(), all, 8)).isEqualTo(8);
            for (CompletableFuture<Long> read : blocked) {
                assertThat(read.get()).isEqualTo(8);
            }
        }
    }
}
