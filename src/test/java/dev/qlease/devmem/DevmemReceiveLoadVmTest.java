package dev.qlease.devmem;

import static dev.qlease.devmem.ReceiveSetup.V4;
import static dev.qlease.devmem.ReceiveSetup.V6;
import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.RingsChange;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Receiving much: every size of a segment, many megabytes, queues that are restarted, and for a long time. */
@Tag("vm")
class DevmemReceiveLoadVmTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LARGEST_SEGMENT = 8192;

    /** So that a segment of every size is one frame. */
    private static final int JUMBO = 9000;

    private static final int USUAL = 1500;

    private static final int LONG_RUN_BYTES = 32_000_000;

    private static int longRunSeconds;

    /** Given to the launcher as --config=qlease.long-run-seconds=600. */
    @RegisterExtension
    static final BeforeAllCallback LENGTH =
            context -> longRunSeconds = context.getConfigurationParameter("qlease.long-run-seconds")
                    .map(Integer::parseInt)
                    .orElse(15);

    private ReceiveSetup setup;

    @BeforeEach
    void prepare() throws IOException {
        setup = new ReceiveSetup();
    }

    @AfterEach
    void putBack() throws IOException {
        mtu(USUAL);
        setup.close();
    }

    private void mtu(int bytes) {
        try (NetworkNamespace here = NetworkNamespace.current()) {
            mtu(here, "qnic0", bytes);
            mtu(setup.remote(), "qnic1", bytes);
        }
    }

    private static void mtu(NetworkNamespace namespace, String device, int bytes) {
        try (Rtnetlink rtnetlink = Rtnetlink.open(namespace)) {
            int ifindex = rtnetlink.links().get(device).ifindex();
            rtnetlink.links().change(ifindex, LinkSpec.empty().mtu(bytes));
        }
    }

    @Test
    void everySegmentUpTo8192BytesIsSplitFromItsHeader() throws Exception {
        mtu(JUMBO);
        byte[] bytes = ReceivePeer.bytes(LARGEST_SEGMENT);
        try (RxBinding binding = setup.bind();
                DevmemServerSocket server = setup.listen(V6);
                SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept(PATIENCE).orElseThrow();
                Arena arena = Arena.ofConfined();
                ReceiveBatch batch = ReceiveBatch.allocate()) {
            MemorySegment expected = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            MemorySegment copy = arena.allocate(batch.capacity());
            long fragments = 0;
            for (int size = 1; size <= LARGEST_SEGMENT; size++) {
                peer.write(ByteBuffer.wrap(bytes, 0, size));
                for (long got = 0; got < size; ) {
                    long more = socket.receive(batch, PATIENCE);
                    assertThat(more).as("bytes at " + got + " of " + size).isPositive();
                    binding.read(batch, copy);
                    assertThat(copy.asSlice(0, more).mismatch(expected.asSlice(got, more)))
                            .as("the first of %d bytes at %d of %d that differs", more, got, size)
                            .isEqualTo(-1);
                    fragments += batch.count();
                    got += more;
                }
            }
            assertThat(socket.received().linearBytes()).isZero();
            assertThat(socket.received().deviceBytes()).isEqualTo(LARGEST_SEGMENT * (LARGEST_SEGMENT + 1L) / 2);
            assertThat(fragments).isEqualTo(socket.received().fragments()).isGreaterThanOrEqualTo(LARGEST_SEGMENT);
        }
    }

    @Test
    void aHundredMegabytesComeWhole() throws Exception {
        try (RxBinding binding = setup.bind();
                DevmemServerSocket server = setup.listen(V4)) {
            carry(server, binding, 100_000_000, true);
        }
    }

    /** Sends a pattern over a connection of its own; whether all of it is looked at, or only counted. */
    private void carry(DevmemServerSocket server, RxBinding binding, long length, boolean look) throws Exception {
        Pattern pattern = new Pattern();
        try (SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept(PATIENCE).orElseThrow();
                DevmemInput input = new DevmemInput(socket, binding)) {
            CompletableFuture<Void> sent =
                    CompletableFuture.runAsync(() -> Pattern.send(peer, length), ReceivePeer.THREADS);
            assertThat(look ? input.transferTo(pattern, PATIENCE) : input.discard(PATIENCE))
                    .as("whether it ended: " + socket.received())
                    .isTrue();
            sent.get(60, TimeUnit.SECONDS);
            assertThat(socket.received().deviceBytes()).isEqualTo(length);
            assertThat(socket.received().linearBytes()).isZero();
            assertThat(socket.unreleased()).isZero();
            assertThat(pattern.checked()).isEqualTo(look ? length : 0);
        }
    }

    @Test
    void theStreamGoesOnWhenItsQueueIsRestarted() throws Exception {
        byte[] bytes = ReceivePeer.bytes(4_000_000);
        try (Ethtool ethtool = Ethtool.open();
                RxBinding binding = setup.bind();
                DevmemServerSocket server = setup.listen(V4);
                SocketChannel peer = setup.connect(server);
                DevmemSocket socket = server.accept(PATIENCE).orElseThrow()) {
            CompletableFuture<Void> sent = ReceivePeer.send(peer, bytes, 50_000);
            byte[] received = new byte[0];
            for (int ring : new int[] {128, 64, 256}) {
                byte[] more = ReceivePeer.receive(socket, binding, 500_000);
                received = joined(received, more);
                ethtool.setRings(setup.nic().ifindex(), RingsChange.NONE.rx(ring));
            }
            received = joined(received, ReceivePeer.receive(socket, binding, bytes.length - received.length));
            assertThat(received).isEqualTo(bytes);
            sent.get(60, TimeUnit.SECONDS);
            assertThat(socket.received().linearBytes()).isZero();
            assertThat(socket.received().deviceBytes()).isEqualTo(bytes.length);
        }
    }

    private static byte[] joined(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    @Test
    void aLongRunLeavesNothingBehind() throws Exception {
        long half = TimeUnit.SECONDS.toNanos(longRunSeconds) / 2;
        try (RxBinding binding = setup.bind();
                DevmemServerSocket server = setup.listen(V6)) {
            // What is made once for all, classes and code as well, is made by the first few.
            for (int i = 0; i < 4; i++) {
                carry(server, binding, 8_000_000, i % 2 == 0);
            }
            Footprint before = Footprint.now();
            int first = carryFor(server, binding, half);
            Footprint halfWay = Footprint.now();
            int second = carryFor(server, binding, half);
            Footprint after = Footprint.now();
            System.out.printf(
                    "long run: %d s, %d and %d connections of %d bytes, before: %s, halfway: %s, after: %s%n",
                    longRunSeconds, first, second, LONG_RUN_BYTES, before, halfWay, after);
            // A netlink socket gets an eventfd when it waits for the first time: the NIC's, the guest's and the
            // binding's.
            assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors() + 3);
            assertThat(after.heapKb()).isLessThan(before.heapKb() + 1024);
            // The allocator keeps for itself what threads have freed, up to a point that is long reached by then.
            assertThat(after.anonymousKb()).isLessThan(halfWay.anonymousKb() + 8 * 1024);
        }
    }

    /** Has one connection follow the other for so long; answers how many. */
    private int carryFor(DevmemServerSocket server, RxBinding binding, long nanos) throws Exception {
        long end = System.nanoTime() + nanos;
        int connections = 0;
        while (System.nanoTime() < end) {
            carry(server, binding, LONG_RUN_BYTES, connections % 8 == 0);
            connections++;
        }
        return connections;
    }

    /**
     * What the process holds, after a collection.
     *
     * @param anonymousKb memory that is in no file: the heap's and native
     */
    private record Footprint(long descriptors, long heapKb, long anonymousKb) {
        private static final int ALL_OF_THE_YOUNG = 128;

        static Footprint now() throws IOException {
            touchTheHeap();
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"));
                    Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
                String anonymous = status.filter(line -> line.startsWith("RssAnon:"))
                        .findFirst()
                        .orElseThrow();
                return new Footprint(
                        open.count(),
                        (runtime.totalMemory() - runtime.freeMemory()) >> 10,
                        Long.parseLong(anonymous.replaceAll("\\D", "")));
            }
        }

        /** So that memory of the heap that was never used before does not look like growth. */
        private static void touchTheHeap() {
            int sum = 0;
            for (int i = 0; i < ALL_OF_THE_YOUNG; i++) {
                sum += new byte[1 << 20].length;
            }
            assertThat(sum).isEqualTo(ALL_OF_THE_YOUNG << 20);
        }
    }
}
