package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.devmem.DevmemServerSocket;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.ReceivePeer;
import dev.qlease.devmem.RxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Device memory that a guest receives by leased queues of qnic0, from an ordinary sender behind the other port. */
@Tag("vm")
class LeaseReceiveVmTest {
    private Guest guest;
    private Leases leases;
    private NetworkNamespace remote;

    @BeforeEach
    void open() {
        guest = Guest.create();
        leases = Leases.open();
        remote = NetworkNamespace.named("remote");
    }

    @AfterEach
    void close() {
        remote.close();
        leases.close();
        guest.close();
    }

    @ParameterizedTest
    @CsvSource({"BPF, 1", "BPF, 2", "FORWARD, 1", "FORWARD, 2"})
    void deviceMemoryComesThroughIt(Redirect redirect, int queues) throws Exception {
        LeaseSpec spec =
                guest.spec().redirect(redirect).count(queues).rxRing(64).build();
        try (Lease lease = leases.plan(spec).apply();
                DmaBuf dmaBuf = Udmabuf.pages().allocate(16 << 20)) {
            List<Integer> leased =
                    lease.queues().stream().map(LeasedQueue::guest).toList();
            try (RxBinding binding = RxBinding.bind(guest.netns(), lease.guestIfindex(), dmaBuf, leased)) {
                for (IpPrefix address : List.of(Guest.ADDRESS4, Guest.ADDRESS6)) {
                    for (int length : new int[] {1, 4097, 65537, 2_000_003}) {
                        receive(lease, binding, address, ReceivePeer.bytes(length));
                    }
                }
            }
        }
    }

    private void receive(Lease lease, RxBinding binding, IpPrefix address, byte[] bytes) throws Exception {
        InetSocketAddress at = new InetSocketAddress(address.address().toInetAddress(), 0);
        try (DevmemServerSocket server =
                        DevmemServerSocket.listen(guest.netns(), lease.info().guest(), at);
                SocketChannel peer = ReceivePeer.connect(remote, server.address());
                DevmemSocket socket = server.accept(Duration.ofSeconds(30)).orElseThrow()) {
            CompletableFuture<Void> sent = ReceivePeer.send(peer, bytes, 1 << 16);
            assertThat(ReceivePeer.receive(socket, binding, bytes.length)).isEqualTo(bytes);
            sent.get(60, TimeUnit.SECONDS);
            assertThat(socket.received().deviceBytes())
                    .as(socket.received().toString())
                    .isEqualTo(bytes.length);
            assertThat(socket.unreleased()).isZero();
        }
    }
}
