package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.HugePages;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Files;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A dma-buf of 4 GiB and 4 MiB, by the emulated NIC's port qnic0. It is made of 20 MiB of huge pages: 16 MiB of them
 * are in it 256 times, the last 4 MiB once.
 */
@Tag("vm")
@Timeout(600)
class LargeDmaBufVmTest {
    private static final long FOUR_GIB = 1L << 32;
    private static final long REPEATED = 16 << 20;
    private static final long LAST = 4 << 20;
    private static final Path HUGE_PAGES =
            HugePages.of(HugePages.size()).orElseThrow().directory().resolve("nr_hugepages");
    private static final Path LIMIT = Path.of("/sys/module/udmabuf/parameters/size_limit_mb");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private String hugePages;
    private String limit;
    private DmaBuf dmaBuf;

    @BeforeEach
    void make() throws Exception {
        hugePages = KernelFiles.read(HUGE_PAGES);
        limit = KernelFiles.read(LIMIT);
        long needed = (REPEATED + LAST) / HugePages.size();
        java.nio.file.Files.writeString(HUGE_PAGES, needed + "\n");
        java.nio.file.Files.writeString(LIMIT, Long.toString((FOUR_GIB + LAST) >> 20));
        String reserved = KernelFiles.read(HUGE_PAGES);
        assumeTrue(
                Long.parseLong(reserved) >= needed,
                "this machine could reserve " + reserved + " huge pages, not " + needed);
        try (FileDescriptor repeated = memfd(REPEATED);
                FileDescriptor last = memfd(LAST)) {
            Udmabuf.Piece piece = new Udmabuf.Piece(repeated, 0, REPEATED);
            List<Udmabuf.Piece> pieces = new ArrayList<>(Collections.nCopies((int) (FOUR_GIB / REPEATED), piece));
            // The later page first: the kernel merges what happens to be contiguous in memory, and hands out the start
            // of that, which would be before 4 GiB.
            pieces.add(new Udmabuf.Piece(last, LAST / 2, LAST / 2));
            pieces.add(new Udmabuf.Piece(last, 0, LAST / 2));
            dmaBuf = Udmabuf.hugePages().gather(pieces);
        }
    }

    private static FileDescriptor memfd(long size) {
        int flags = Uapi.MFD_CLOEXEC()
                | Uapi.MFD_ALLOW_SEALING()
                | Uapi.MFD_HUGETLB()
                | Long.numberOfTrailingZeros(HugePages.size()) << Uapi.MFD_HUGE_SHIFT();
        try (Arena arena = Arena.ofConfined()) {
            int fd = LinuxException.check(Files.memfdCreate(arena.allocateFrom("large"), flags), "memfd_create");
            LinuxException.check(Files.ftruncate(fd, size), "ftruncate");
            LinuxException.check(Files.fcntl(fd, Libc.F_ADD_SEALS(), Libc.F_SEAL_SHRINK()), "F_ADD_SEALS");
            return FileDescriptor.owning(fd, "memfd");
        }
    }

    @AfterEach
    void putBack() throws IOException {
        if (dmaBuf != null) {
            dmaBuf.close();
        }
        java.nio.file.Files.writeString(LIMIT, limit);
        java.nio.file.Files.writeString(HUGE_PAGES, hugePages + "\n");
    }

    private static void send(DevmemSocket socket, long offset, long length) {
        for (long sent = 0; sent < length; ) {
            sent += socket.send(offset + sent, length - sent);
        }
    }

    @Test
    void whatLiesBeyond4GiBIsSent() throws Exception {
        assertThat(dmaBuf.size()).isEqualTo(FOUR_GIB + LAST);
        byte[] bytes = ReceivePeer.bytes((int) LAST);
        // Where a length or an offset that was cut to 32 bits would have its bytes from, are others.
        dmaBuf.memory().write(0, MemorySegment.ofArray(new byte[1 << 20]));
        dmaBuf.memory().write(FOUR_GIB, MemorySegment.ofArray(bytes));
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS6)) {
            Device nic = Device.named(NetworkNamespace.ofCaller(), "qnic0");
            try (TxBinding binding = nic.bindTx(dmaBuf)) {
                try (DevmemSocket socket = nic.connect(binding, receiver.address())) {
                    send(socket, FOUR_GIB, 1 << 20);
                    send(socket, FOUR_GIB + (1 << 20), LAST - (1 << 20));
                    assertThat(socket.awaitCompletions(PATIENCE)).isTrue();
                    assertThat(socket.copied()).isZero();
                    assertThatThrownBy(() -> socket.send(FOUR_GIB + LAST - 1, 2))
                            .isInstanceOf(IndexOutOfBoundsException.class)
                            .hasMessageContaining(FOUR_GIB + LAST + " bytes");
                }
                assertThat(receiver.received()).isEqualTo(new Receiver.Received(LAST, Receiver.sha256(bytes), true));
            }
        }
    }

    @Test
    void aSendAcross4GiBHoldsBothSides() throws Exception {
        byte[] bytes = ReceivePeer.bytes(1 << 17);
        long offset = FOUR_GIB - (1 << 16);
        dmaBuf.memory().write(offset, MemorySegment.ofArray(bytes));
        Nic.set("complete_delay_us", 2_000_000);
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS6)) {
            Device nic = Device.named(NetworkNamespace.ofCaller(), "qnic0");
            try (TxBinding binding = nic.bindTx(dmaBuf);
                    DevmemSocket socket = nic.connect(binding, receiver.address())) {
                send(socket, offset, bytes.length);
                MemorySegment one = MemorySegment.ofArray(new byte[1]);
                assertThatThrownBy(() -> binding.write(FOUR_GIB, one)).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> binding.write(FOUR_GIB - 1, one)).isInstanceOf(IllegalStateException.class);
                assertThat(socket.holds(0, offset)).isFalse();
                assertThat(socket.holds(offset + bytes.length, LAST)).isFalse();
                Nic.calm();
                assertThat(socket.awaitFree(FOUR_GIB, 1, PATIENCE)).isTrue();
                assertThat(socket.awaitCompletions(PATIENCE)).isTrue();
            }
            assertThat(receiver.received())
                    .isEqualTo(new Receiver.Received(bytes.length, Receiver.sha256(bytes), true));
        } finally {
            Nic.calm();
        }
    }

    @Test
    void whatIsReceivedBeyond4GiBIsReadThere() throws Exception {
        byte[] bytes = ReceivePeer.bytes(1_000_003);
        try (ReceiveSetup setup = new ReceiveSetup();
                RxBinding binding =
                        Device.named(NetworkNamespace.ofCaller(), "qnic0").bindRx(dmaBuf, List.of(ReceiveNic.QUEUE));
                DevmemServerSocket server = setup.listen(ReceiveSetup.V6);
                java.nio.channels.SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept(PATIENCE).orElseThrow()) {
            var sent = ReceivePeer.send(peer, bytes, 1 << 16);
            try (ReceiveBatch batch = ReceiveBatch.allocate()) {
                assertThat(socket.receive(batch, PATIENCE)).isPositive();
                // The kernel hands out what was added last first.
                assertThat(batch.offset(0)).isGreaterThanOrEqualTo(FOUR_GIB);
                byte[] first = new byte[(int) batch.bytes()];
                binding.read(batch, MemorySegment.ofArray(first));
                assertThat(first).isEqualTo(java.util.Arrays.copyOf(bytes, first.length));
                socket.release(batch);
                byte[] rest = ReceivePeer.receive(socket, binding, bytes.length - first.length);
                assertThat(rest).isEqualTo(java.util.Arrays.copyOfRange(bytes, first.length, bytes.length));
            }
            sent.join();
            assertThat(socket.unreleased()).isZero();
        }
    }
}
