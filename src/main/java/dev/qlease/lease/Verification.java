package dev.qlease.lease;

import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import java.util.Optional;

/** Reads a lease back from the kernel, which may have agreed to everything and done something else. */
final class Verification {
    private final LeaseSpec spec;
    private final Link nic;

    Verification(LeaseSpec spec, Link nic) {
        this.spec = spec;
        this.nic = nic;
    }

    Step.Planned step() {
        Step step = new Step("verify", "", "read the leases, the guest's device and its addresses back", "");
        return new Step.Planned(step, null, this::verify);
    }

    private void verify(Workbench bench) {
        for (LeasedQueue queue : bench.queues()) {
            Queue read = bench.netdev().queue(nic.ifindex(), QueueId.rx(queue.nic()));
            Optional<dev.qlease.netdev.Lease> lease = read.lease();
            boolean holds = lease.isPresent()
                    && lease.get().ifindex() == bench.guest().ifindex()
                    && lease.get().queue().equals(QueueId.rx(queue.guest()));
            // Said only if it is needed: printing a record takes a process long that has just started.
            if (!holds) {
                throw failure("queue " + queue.nic() + " of " + nic.ifname() + " is not leased to queue "
                        + queue.guest() + " of " + spec.guest() + " but "
                        + lease.map(Object::toString).orElse("to nobody"));
            }
        }
        Link guest = bench.guestRtnetlink().links().get(spec.guest());
        require(guest.isUp(), spec.guest() + " is down");
        for (IpPrefix address : spec.addresses()) {
            require(
                    bench.guestRtnetlink().addresses().list(guest.ifindex()).stream()
                            .anyMatch(has -> has.local().equals(Optional.of(address.address()))
                                    || has.address().equals(Optional.of(address.address()))),
                    spec.guest() + " has no address " + address);
        }
        Optional<TcpDataSplit> split =
                NicSteps.asked(() -> bench.ethtool().rings(nic.ifindex())).flatMap(Rings::tcpDataSplit);
        require(
                split.isEmpty() || split.get().value() == TcpDataSplit.ENABLED.value(),
                nic.ifname() + " does not split headers from payload");
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw failure(otherwise);
        }
    }

    private LinuxException failure(String detail) {
        return new LinuxException("verify the lease of " + nic.ifname(), Errno.EPROTO.number(), detail);
    }
}
