package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.DevmemOutput;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.DmaBufProvider;
import dev.qlease.dmabuf.DmaHeap;
import dev.qlease.dmabuf.DrmDumbBuffer;
import dev.qlease.dmabuf.HugePages;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.fixture.Commands;
import dev.qlease.fixture.DmaHeaps;
import dev.qlease.fixture.MachineState;
import dev.qlease.rtnetlink.NetkitMode;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Leases of qnic0, and device memory through them to an ordinary receiver behind the other port. */
@Tag("vm")
@Tag("pages")
class LeaseVmTest {
    private Guest guest;
    private Leases leases;

    @BeforeEach
    void open() {
        guest = Guest.create();
        leases = Leases.open();
    }

    @AfterEach
    void close() {
        leases.close();
        guest.close();
    }

    private Lease lease(Redirect redirect, String mode) {
        return leases.plan(guest.spec()
                        .redirect(redirect)
                        .mode(mode.equals("l2") ? NetkitMode.L2 : NetkitMode.L3)
                        .build())
                .apply();
    }

    @ParameterizedTest
    @CsvSource({"BPF, l2", "BPF, l3", "FORWARD, l2", "FORWARD, l3"})
    void deviceMemoryGoesThroughIt(Redirect redirect, String mode) throws Exception {
        MachineState before = MachineState.read();
        try (Lease lease = lease(redirect, mode);
                DmaBuf dmaBuf = Udmabuf.pages().allocate(65537);
                TxBinding binding = guest.bind(lease, dmaBuf)) {
            long unreadable = Nic.statistic("tx_unreadable_bytes");
            long carried = 0;
            for (String address : new String[] {Guest.REMOTE4, Guest.REMOTE6}) {
                for (int length : new int[] {1, 4095, 4096, 4097, 65537}) {
                    byte[] bytes = Guest.random(length);
                    assertThat(guest.carry(lease, binding, 0, address, bytes)).isEqualTo(bytes);
                    carried += length;
                }
            }
            assertThat(Nic.statistic("tx_unreadable_bytes") - unreadable).isGreaterThanOrEqualTo(carried);
            assertThat(Nic.statistic("dma_faults")).isZero();
        }
        before.assertRestored();
    }

    @ParameterizedTest
    @CsvSource({"BPF, l2, " + Guest.REMOTE6, "FORWARD, l3, " + Guest.REMOTE4})
    void aHundredMegabytesGoThroughARingOfRegions(Redirect redirect, String mode, String address) throws Exception {
        int size = 100_000_000;
        MessageDigest digest = Guest.sha256();
        byte[] block = Guest.random(1_000_003);
        try (Lease lease = lease(redirect, mode);
                DmaBuf dmaBuf = Udmabuf.pages().allocate(4 << 20);
                TxBinding binding = guest.bind(lease, dmaBuf);
                ServerSocketChannel server = guest.listen(address)) {
            CompletableFuture<byte[]> received = Guest.digest(server);
            try (DevmemSocket socket = guest.connect(binding, lease, server)) {
                DevmemOutput output = DevmemOutput.over(socket, 1 << 18);
                for (int left = size; left > 0; ) {
                    int length = Math.min(left, block.length);
                    digest.update(block, 0, length);
                    output.write(ByteBuffer.wrap(block, 0, length));
                    left -= length;
                }
                assertThat(output.finish(Duration.ofSeconds(30))).isTrue();
                assertThat(output.acknowledged()).isEqualTo(size);
                assertThat(socket.completed()).isEqualTo(socket.sends());
                assertThat(socket.copied()).isZero();
            }
            assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(digest.digest());
        }
    }

    @Test
    void piecesAtOddOffsetsArriveInTheirOrder() throws Exception {
        byte[] all = Guest.random(1 << 20);
        long[] offsets = new long[] {4095, 1, 123_457, 4097, 900_001, 65_535};
        long[] lengths = new long[] {1, 4097, 333, 4095, 17, 8193};
        byte[] expected = new byte[(int) Arrays.stream(lengths).sum()];
        for (int i = 0, at = 0; i < offsets.length; at += (int) lengths[i], i++) {
            System.arraycopy(all, (int) offsets[i], expected, at, (int) lengths[i]);
        }
        try (Lease lease = lease(Redirect.BPF, "l2");
                DmaBuf dmaBuf = Udmabuf.pages().allocate(all.length);
                TxBinding binding = guest.bind(lease, dmaBuf);
                ServerSocketChannel server = guest.listen(Guest.REMOTE6)) {
            binding.write(0, MemorySegment.ofArray(all));
            CompletableFuture<byte[]> received = Guest.receive(server, expected.length);
            try (DevmemSocket socket = guest.connect(binding, lease, server)) {
                assertThat(socket.send(offsets, lengths, offsets.length)).isEqualTo(expected.length);
                assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(expected);
            }
        }
    }

    @Test
    void everyProvidersMemoryGoesThroughIt() throws Exception {
        Commands.run(
                "bash",
                "-c",
                "modprobe vgem; " + HugePages.of(HugePages.size()).orElseThrow().reserve(8));
        byte[] bytes = Guest.random(65537);
        try (Lease lease = lease(Redirect.BPF, "l2")) {
            List<DmaBufProvider> providers =
                    new ArrayList<>(List.of(Udmabuf.pages(), Udmabuf.hugePages(), DrmDumbBuffer.anyCard()));
            if (DmaHeaps.hasSystem()) {
                providers.add(DmaHeap.system());
            }
            for (DmaBufProvider provider : providers) {
                try (DmaBuf dmaBuf = provider.allocate(100_000);
                        TxBinding binding = guest.bind(lease, dmaBuf)) {
                    assertThat(guest.carry(lease, binding, 12_345, Guest.REMOTE6, bytes))
                            .as(provider.name())
                            .isEqualTo(bytes);
                }
            }
        }
    }
}
