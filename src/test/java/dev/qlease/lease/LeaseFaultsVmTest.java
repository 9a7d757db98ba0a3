package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.DevmemOutput;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Device memory through one lease while the NIC or the receiver behaves badly, and several senders at once. */
@Tag("vm")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LeaseFaultsVmTest {
    private static final int SIZE = 2 << 20;
    private static final int CHUNK = 1 << 16;

    private Guest guest;
    private Leases leases;
    private Lease lease;
    private DmaBuf dmaBuf;
    private TxBinding binding;

    @BeforeAll
    void lease() {
        guest = Guest.create();
        leases = Leases.open();
        lease = leases.plan(guest.spec().build()).apply();
        dmaBuf = Udmabuf.pages().allocate(1 << 20);
        binding = guest.bind(lease, dmaBuf);
    }

    @AfterAll
    void giveBack() {
        binding.close();
        dmaBuf.close();
        lease.close();
        leases.close();
        guest.close();
    }

    @AfterEach
    void calm() {
        for (String file : new String[] {"drop_every", "reorder_every", "complete_delay_us"}) {
            Nic.fault(file, 0);
        }
    }

    /** Sends through a part of {@code from} and answers when all was acknowledged. */
    private void send(TxBinding from, long offset, int length, ServerSocketChannel server, byte[] bytes)
            throws IOException {
        try (DevmemSocket socket = guest.connect(from, lease, server)) {
            DevmemOutput output = DevmemOutput.over(socket, offset, length, CHUNK);
            output.write(ByteBuffer.wrap(bytes));
            assertThat(output.finish(Duration.ofSeconds(60))).isTrue();
            assertThat(socket.copied()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"drop_every, 50, fault_dropped", "reorder_every, 20, fault_reordered"})
    void allArrivesWhenFramesDoNot(String fault, int every, String counter) throws Exception {
        byte[] bytes = Guest.random(SIZE);
        long before = Nic.statistic(counter);
        Nic.fault(fault, every);
        try (ServerSocketChannel server = guest.listen(Guest.REMOTE6)) {
            CompletableFuture<byte[]> received = Guest.receive(server, SIZE);
            send(binding, 0, 1 << 20, server, bytes);
            assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(bytes);
        }
        assertThat(Nic.statistic(counter)).isGreaterThan(before);
        assertThat(Nic.statistic("dma_faults")).isZero();
    }

    @Test
    void noRegionIsUsedAnewBeforeTheNicHasReadIt() throws Exception {
        byte[] bytes = Guest.random(SIZE);
        Nic.fault("complete_delay_us", 5000);
        try (ServerSocketChannel server = guest.listen(Guest.REMOTE4)) {
            CompletableFuture<byte[]> received = Guest.receive(server, SIZE);
            // Two regions, so that each waits for the NIC.
            send(binding, 0, 2 * CHUNK, server, bytes);
            assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(bytes);
        }
    }

    @Test
    void aReceiverThatStopsForThreeSecondsGetsAll() throws Exception {
        byte[] bytes = Guest.random(16 << 20);
        try (ServerSocketChannel server = guest.listen(Guest.REMOTE6)) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(
                    () -> {
                        try {
                            send(binding, 0, 1 << 20, server, bytes);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    Guest.THREADS);
            try (SocketChannel peer = server.accept()) {
                Thread.sleep(Duration.ofSeconds(3));
                assertThat(sending).isNotDone();
                ByteBuffer received = ByteBuffer.allocate(bytes.length);
                while (received.hasRemaining() && peer.read(received) >= 0) {
                    Thread.onSpinWait();
                }
                assertThat(received.array()).isEqualTo(bytes);
                sending.get(60, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void twoSendersShareABinding() throws Exception {
        together(binding, binding);
    }

    @Test
    void aGuestHasTwoBindings() throws Exception {
        try (DmaBuf second = Udmabuf.pages().allocate(1 << 20);
                TxBinding other = guest.bind(lease, second)) {
            assertThat(other.id()).isNotEqualTo(binding.id());
            together(binding, other);
        }
        byte[] bytes = Guest.random(4097);
        assertThat(guest.carry(lease, binding, 1, Guest.REMOTE4, bytes)).isEqualTo(bytes);
    }

    /**
     * Sends different bytes at the same time from the first half of {@code one} and the second half of {@code other}.
     */
    private void together(TxBinding one, TxBinding other) throws Exception {
        byte[] left = Guest.random(SIZE);
        byte[] right = Guest.random(SIZE + 1);
        try (ServerSocketChannel toLeft = guest.listen(Guest.REMOTE4);
                ServerSocketChannel toRight = guest.listen(Guest.REMOTE6)) {
            CompletableFuture<byte[]> receivedLeft = Guest.receive(toLeft, left.length);
            CompletableFuture<byte[]> receivedRight = Guest.receive(toRight, right.length);
            CompletableFuture<Void> sending = CompletableFuture.runAsync(
                    () -> {
                        try {
                            send(other, 1 << 19, 1 << 19, toRight, right);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    Guest.THREADS);
            send(one, 0, 1 << 19, toLeft, left);
            sending.get(60, TimeUnit.SECONDS);
            assertThat(receivedLeft.get(60, TimeUnit.SECONDS)).isEqualTo(left);
            assertThat(receivedRight.get(60, TimeUnit.SECONDS)).isEqualTo(right);
        }
    }
}
