package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.MachineState;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes with leases of one NIC, and such as are killed. */
@Tag("vm")
class LeaseProcessesVmTest {
    private static final Path DMA_BUFS = Path.of("/sys/kernel/debug/dma_buf/bufinfo");

    private Guest guest;
    private Leases leases;

    @BeforeAll
    static void prepare() {
        Child.prepare();
    }

    @BeforeEach
    void open() {
        guest = Guest.create();
        leases = Leases.open();
    }

    @AfterEach
    void close() {
        leases.list().forEach(info -> leases.delete(info.name()));
        leases.close();
        guest.close();
    }

    /** How often something is killed; more than the default by the environment, for a run by hand. */
    private static int times(String variable, int usual) {
        String wanted = System.getenv(variable);
        return wanted == null ? usual : Integer.parseInt(wanted);
    }

    @Test
    void whatAKilledMakerLeftIsIncompleteAndDeleted() throws Exception {
        int kills = times("QLEASE_MAKER_KILLS", 10);
        Random random = new Random();
        MachineState before = MachineState.read();
        List<Child> children = new ArrayList<>();
        for (int i = 0; i <= kills; i++) {
            children.add(Child.under(List.of(), "lease", guest.name(), i % 2 == 0 ? "bpf" : "forward"));
        }
        List<Status> left = new ArrayList<>();
        try {
            children.forEach(Child::awaitReady);
            children.getFirst().begin();
            Nic.await("the lease is written down", () -> leases.find("ql0").isPresent());
            long start = System.nanoTime();
            assertThat(children.removeFirst().line()).isEqualTo("made ql0");
            long whole = System.nanoTime() - start;
            leases.delete("ql0");
            for (Child child : children) {
                child.begin();
                Nic.await("the lease is written down", () -> leases.find("ql0").isPresent());
                TimeUnit.NANOSECONDS.sleep(random.nextLong(whole));
                child.kill();
                left.add(leases.find("ql0").orElseThrow().status());
                leases.delete("ql0");
            }
            // What one of them had left, the next lease would have found and left as well.
            before.assertRestored();
        } finally {
            for (Child child : children) {
                child.close();
            }
        }
        assertThat(left).as("what %d killed makers left", kills).contains(Status.INCOMPLETE);
    }

    @Test
    void anotherProcessShowsAndDeletesALease() throws Exception {
        MachineState before = MachineState.read();
        leases.create(guest.spec().build()).keep();
        try (Child show = Child.qlease("lease", "show", "ql0", "--json")) {
            assertThat(show.all()).contains("\"ql0\"", "\"qnic0\"", guest.name(), "198.18.0.2/24");
        }
        try (Child delete = Child.qlease("lease", "delete", "ql0")) {
            delete.all();
            assertThat(delete.process().waitFor()).isZero();
        }
        assertThat(leases.list()).isEmpty();
        before.assertRestored();
    }

    @Test
    void severalLeasesAreMadeAtOnce() throws Exception {
        MachineState before = MachineState.read();
        List<Guest> guests = List.of(guest, Guest.create(), Guest.create());
        try {
            List<CompletableFuture<Lease>> making = new ArrayList<>();
            for (Guest one : guests) {
                LeaseSpec spec = LeaseSpec.of("qnic0", one.netns())
                        .address(IpPrefix.parse("198.18.0." + (10 + making.size()) + "/24"))
                        .build();
                making.add(CompletableFuture.supplyAsync(() -> leases.create(spec), Guest.THREADS));
            }
            List<Integer> queues = new ArrayList<>();
            for (CompletableFuture<Lease> one : making) {
                queues.add(one.get(60, TimeUnit.SECONDS).queues().getFirst().nic());
            }
            assertThat(queues).containsExactlyInAnyOrder(1, 2, 3);
            assertThat(leases.list()).extracting(LeaseInfo::name).containsExactly("ql0", "ql1", "ql2");
            making.parallelStream().forEach(one -> one.join().close());
        } finally {
            guests.stream().skip(1).forEach(Guest::close);
        }
        before.assertRestored();
    }

    @Test
    void aGuestInAUserNamespaceOfItsOwnSendsToo(@TempDir Path directory) throws Exception {
        byte[] bytes = Guest.random(1_000_003);
        Path file = Files.write(directory.resolve("bytes"), bytes);
        MachineState before = MachineState.read();
        try (Holder holder = Holder.create(true);
                NetworkNamespace netns = holder.netns();
                Lease lease = leases.create(
                        LeaseSpec.of("qnic0", netns).address(Guest.ADDRESS4).build());
                ServerSocketChannel server = guest.listen(Guest.REMOTE4)) {
            assertThat(lease.queues()).hasSize(1);
            CompletableFuture<byte[]> received = Guest.receive(server, bytes.length);
            try (Child sender = Child.qlease(
                    holder.entering(), "send", "--dev", "nk0", "--to", address(server), "--json", file.toString())) {
                assertThat(sender.all()).contains("\"bytes\":1000003", "\"copied\":0");
                assertThat(sender.process().waitFor()).isZero();
            }
            assertThat(received.get(60, TimeUnit.SECONDS)).isEqualTo(bytes);
        }
        before.assertRestored();
    }

    private static String address(ServerSocketChannel server) throws IOException {
        InetSocketAddress address = (InetSocketAddress) server.getLocalAddress();
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    @Test
    void whatAKilledSenderHeldIsFreeAndTheNextOneSends() throws Exception {
        int kills = times("QLEASE_SENDER_KILLS", 10);
        Random random = new Random();
        byte[] bytes = Guest.random(4097);
        try (Lease lease = leases.create(guest.spec().build());
                ServerSocketChannel server = guest.listen(Guest.REMOTE4)) {
            guest.carry(lease, Guest.REMOTE4, bytes);
            for (int i = 0; i < kills; i++) {
                try (Child sender = Child.qlease(
                        List.of(),
                        "send",
                        "--netns",
                        guest.name(),
                        "--dev",
                        "nk0",
                        "--to",
                        address(server),
                        "--memory",
                        "udmabuf",
                        "--size",
                        "4194304",
                        "/dev/zero")) {
                    killedAtSomeTime(sender, server, random);
                }
                Nic.await("no dma-buf is left", () -> dmaBufs().startsWith("Total 0 objects"));
                assertThat(guest.carry(lease, Guest.REMOTE4, bytes)).isEqualTo(bytes);
            }
            assertThat(Nic.statistic("dma_faults")).isZero();
        }
    }

    /** Kills a sender at some time after it has connected, while it sends as fast as it is read or waits for that. */
    private static void killedAtSomeTime(Child sender, ServerSocketChannel server, Random random) throws Exception {
        try (SocketChannel peer = CompletableFuture.supplyAsync(() -> accepted(server), Guest.THREADS)
                .get(60, TimeUnit.SECONDS)) {
            long end =
                    System.nanoTime() + Duration.ofMillis(random.nextInt(300)).toNanos();
            boolean reading = random.nextBoolean();
            peer.configureBlocking(false);
            ByteBuffer received = ByteBuffer.allocate(1 << 18);
            while (System.nanoTime() < end) {
                if (reading) {
                    peer.read(received.clear());
                } else {
                    Thread.sleep(1);
                }
            }
            assertThat(sender.process().isAlive()).isTrue();
            sender.kill();
        }
    }

    private static SocketChannel accepted(ServerSocketChannel server) {
        try {
            return server.accept();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * How many dma-bufs there are on this machine, and how many bytes they have; bindings and packets hold them, too.
     */
    private static String dmaBufs() {
        try {
            return Files.readAllLines(DMA_BUFS).stream()
                    .filter(line -> line.startsWith("Total"))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
