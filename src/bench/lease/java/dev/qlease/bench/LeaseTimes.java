package dev.qlease.bench;

import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.TxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * Measures what contenv.py does, and sending: from creating a namespace to the first byte of device memory sent from
 * it.
 *
 * <p>{@code NIC GUEST-ADDRESS/PREFIX ADDRESS PORT RX-RING ROUNDS} prints the microseconds of each round; the first is
 * that of a cold JVM.
 */
public final class LeaseTimes {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String NAME = "qlease-bench";

    private LeaseTimes() {}

    /**
     * Runs the benchmark.
     *
     * @param args as described above
     */
    public static void main(String[] args) {
        InetSocketAddress peer = new InetSocketAddress(InetAddress.ofLiteral(args[2]), Integer.parseInt(args[3]));
        int ring = Integer.parseInt(args[4]);
        for (int i = 0; i < Integer.parseInt(args[5]); i++) {
            long start = System.nanoTime();
            try (NetworkNamespace guest = NetworkNamespace.create(NAME)) {
                round(args[0], guest, IpPrefix.parse(args[1]), ring, peer, start);
            } finally {
                NetworkNamespace.delete(NAME);
            }
        }
    }

    private static void round(
            String nic, NetworkNamespace guest, IpPrefix address, int ring, InetSocketAddress peer, long start) {
        LeaseSpec spec = LeaseSpec.of(nic, guest).address(address).rxRing(ring).build();
        try (Leases leases = Leases.open();
                Lease lease = leases.create(spec);
                DmaBuf dmaBuf = Udmabuf.pages().allocate(4096);
                TxBinding binding = TxBinding.bind(guest, lease.guestIfindex(), dmaBuf);
                DevmemSocket socket =
                        DevmemSocket.connect(binding, guest, lease.info().guest(), peer, PATIENCE)) {
            socket.send(0, 1);
            System.out.println((System.nanoTime() - start) / 1000);
            if (!socket.awaitCompletions(PATIENCE)) {
                throw new IllegalStateException("the send has not completed");
            }
        }
    }
}
