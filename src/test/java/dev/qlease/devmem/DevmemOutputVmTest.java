package dev.qlease.devmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.ByteArrayInputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams through a ring of regions, from the emulated NIC's port qnic0 to a receiver behind the other port. */
@Tag("vm")
@Timeout(300)
class DevmemOutputVmTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SIZE = 1 << 20;

    private DmaBuf dmaBuf;
    private TxBinding binding;
    private byte[] bytes;

    @BeforeEach
    void bindMemory() {
        int nic;
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            nic = rtnetlink.links().get("qnic0").ifindex();
        }
        dmaBuf = Udmabuf.pages().allocate(SIZE);
        binding = TxBinding.bind(NetworkNamespace.ofCaller(), nic, dmaBuf);
        bytes = new byte[5 * SIZE + 4321];
        new Random(5).nextBytes(bytes);
    }

    @AfterEach
    void unbind() {
        Nic.calm();
        binding.close();
        dmaBuf.close();
    }

    private DevmemSocket connect(Receiver receiver) {
        return DevmemSocket.connect(binding, NetworkNamespace.ofCaller(), "qnic0", receiver.address(), PATIENCE);
    }

    private void sendAll(int chunk, String address) throws Exception {
        long before = Nic.statistic("tx_unreadable_bytes");
        try (Receiver receiver = Receiver.listen(address);
                DevmemSocket socket = connect(receiver)) {
            DevmemOutput output = DevmemOutput.over(socket, chunk);
            assertThat(output.transferFrom(Channels.newChannel(new ByteArrayInputStream(bytes))))
                    .isEqualTo(bytes.length);
            assertThat(output.finish(PATIENCE)).isTrue();
            assertThat(output.bytes()).isEqualTo(bytes.length);
            assertThat(output.acknowledged()).isEqualTo(bytes.length);
            assertThat(output.sends()).isEqualTo(socket.sends()).isEqualTo(socket.completed());
            assertThat(socket.copied()).isZero();
            assertThat(receiver.received())
                    .isEqualTo(new Receiver.Received(bytes.length, Receiver.sha256(bytes), true));
        }
        assertThat(Nic.statistic("tx_unreadable_bytes")).isGreaterThanOrEqualTo(before + bytes.length);
    }

    @ParameterizedTest
    @ValueSource(ints = {4095, 65_537, 262_144, SIZE})
    void chunksOfAnySizeArriveInTheirOrder(int chunk) throws Exception {
        sendAll(chunk, Receiver.ADDRESS6);
    }

    @ParameterizedTest
    @CsvSource({"complete_delay_us, 5000", "tx_delay_us, 2000", "rate_mbps, 100"})
    void aSlowNicLosesNothing(String how, long value) throws Exception {
        Nic.set(how, value);
        sendAll(65_536, Receiver.ADDRESS4);
    }

    @ParameterizedTest
    @CsvSource({
        "drop_every, 50, fault_dropped",
        "reorder_every, 20, fault_reordered",
        "corrupt_every, 50, fault_corrupted"
    })
    void whatANicDoesWrongIsMadeGood(String how, long value, String counter) throws Exception {
        long before = Nic.statistic(counter);
        Nic.set(how, value);
        sendAll(65_536, Receiver.ADDRESS6);
        assertThat(Nic.statistic(counter)).isGreaterThan(before);
    }

    @Test
    void aReceiverThatStopsReadingIsWaitedFor() throws Exception {
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS6, 65_536, Duration.ofSeconds(3), Long.MAX_VALUE);
                DevmemSocket socket = connect(receiver)) {
            long start = System.nanoTime();
            DevmemOutput output = DevmemOutput.over(socket, 65_536);
            output.write(ByteBuffer.wrap(bytes));
            assertThat(output.finish(PATIENCE)).isTrue();
            assertThat(System.nanoTime() - start).isGreaterThan(2_500_000_000L);
            assertThat(receiver.received().sha256()).isEqualTo(Receiver.sha256(bytes));
        }
    }

    @Test
    void patienceEndsWhereNothingProgressesAndTheConnectionIsReset() throws Exception {
        Receiver.Received received;
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS6, 4096, Duration.ofSeconds(5), Long.MAX_VALUE)) {
            try (DevmemSocket socket = connect(receiver)) {
                DevmemOutput output = DevmemOutput.over(socket, 65_536);
                output.write(ByteBuffer.wrap(bytes, 0, 15_000));
                assertThat(output.finish(Duration.ofSeconds(1))).isFalse();
                assertThat(output.acknowledged()).isBetween(1L, 14_999L);
                assertThat(socket.close(Duration.ZERO)).isPositive();
            }
            received = receiver.received();
        }
        assertThat(received.whole()).isFalse();
        // The reset has the kernel complete what it had queued.
        assertThat(binding.close(Duration.ofSeconds(10))).isZero();
        dmaBuf.close();
        assertThat(Nic.awaitNothingHeld().dmaBufs()).isZero();
    }

    @Test
    void aResetByThePeerIsToldWithWhatItHadAcknowledged() throws Exception {
        int most = 2 * SIZE;
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4, 65_536, Duration.ZERO, most);
                DevmemSocket socket = connect(receiver)) {
            DevmemOutput output = DevmemOutput.over(socket, 65_536);
            assertThatThrownBy(() -> {
                        output.write(ByteBuffer.wrap(bytes));
                        output.finish(PATIENCE);
                    })
                    .isInstanceOf(LinuxException.class);
            assertThat(output.acknowledged()).isBetween((long) most, output.bytes());
            assertThat(output.bytes()).isLessThan(bytes.length);
        }
    }

    @Test
    void whatIsNotFinishedIsNotDeliveredAsIfItWere() throws Exception {
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4)) {
            try (DevmemSocket socket = connect(receiver)) {
                DevmemOutput.over(socket, 65_536).write(ByteBuffer.wrap(bytes, 0, 100_000));
            }
            assertThat(receiver.received().whole()).isFalse();
        }
    }

    @Test
    void nothingAtAllIsFinishedToo() throws Exception {
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4);
                DevmemSocket socket = connect(receiver)) {
            DevmemOutput output = DevmemOutput.over(socket, 65_536);
            assertThat(output.finish(PATIENCE)).isTrue();
            assertThat(output.sends()).isZero();
            assertThat(receiver.received()).isEqualTo(new Receiver.Received(0, Receiver.sha256(new byte[0]), true));
            assertThatThrownBy(() -> output.write(ByteBuffer.allocate(1))).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void twoStreamsShareADmaBufInPartsOfTheirOwn() throws Exception {
        try (Receiver first = Receiver.listen(Receiver.ADDRESS4);
                Receiver second = Receiver.listen(Receiver.ADDRESS6);
                DevmemSocket one = connect(first);
                DevmemSocket other = connect(second)) {
            DevmemOutput left = DevmemOutput.over(one, 0, SIZE / 2, 30_000);
            DevmemOutput right = DevmemOutput.over(other, SIZE / 2, SIZE / 2, 70_000);
            for (int at = 0; at < bytes.length; at += SIZE / 4) {
                int length = Math.min(SIZE / 4, bytes.length - at);
                left.write(ByteBuffer.wrap(bytes, at, length));
                right.write(ByteBuffer.wrap(bytes, at, length));
            }
            assertThat(left.finish(PATIENCE)).isTrue();
            assertThat(right.finish(PATIENCE)).isTrue();
            assertThat(first.received().sha256()).isEqualTo(Receiver.sha256(bytes));
            assertThat(second.received().sha256()).isEqualTo(Receiver.sha256(bytes));
        }
    }

    @Test
    void aRingHasRoomForARegion() throws Exception {
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4);
                DevmemSocket socket = connect(receiver)) {
            assertThat(DevmemOutput.over(socket, 100_000).regions()).isEqualTo(SIZE / 100_000);
            assertThat(DevmemOutput.over(socket, 1).regions()).isEqualTo(BlockingSender.MAX_SENDS);
            assertThatThrownBy(() -> DevmemOutput.over(socket, SIZE + 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> DevmemOutput.over(socket, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> DevmemOutput.over(socket, 1, SIZE, 4096))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    /**
     * A few views for each completion remain here, which the optimizing compiler removes; the guest's JVM does without.
     */
    @Test
    void noBufferIsAllocatedForASend() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4);
                DevmemSocket socket = connect(receiver)) {
            DevmemOutput output = DevmemOutput.over(socket, 4096);
            ByteBuffer source = ByteBuffer.allocateDirect(4096);
            long allocated = 0;
            for (int i = 0; i < 1000; i++) {
                if (i == 500) {
                    allocated = threads.getCurrentThreadAllocatedBytes();
                }
                output.write(source.clear());
            }
            assertThat(threads.getCurrentThreadAllocatedBytes() - allocated)
                    .as("bytes allocated for 500 sends")
                    .isLessThan(500 * 1024);
            assertThat(output.finish(PATIENCE)).isTrue();
        }
    }

    @Test
    void aSourceIsFilledInAsItComes() throws Exception {
        try (Receiver receiver = Receiver.listen(Receiver.ADDRESS4);
                DevmemSocket socket = connect(receiver)) {
            DevmemOutput output = DevmemOutput.over(socket, 65_536);
            for (int i = 0; i < 100; i++) {
                output.write(ByteBuffer.wrap(bytes, i, 1));
            }
            assertThat(output.finish(PATIENCE)).isTrue();
            assertThat(output.sends()).isEqualTo(100);
            assertThat(receiver.received().sha256()).isEqualTo(Receiver.sha256(Arrays.copyOf(bytes, 100)));
        }
    }
}
