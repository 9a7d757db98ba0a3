package dev.qlease.lease;

import dev.qlease.ethtool.Channels;
import dev.qlease.ethtool.ChannelsChange;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueType;
import dev.qlease.rtnetlink.Link;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which queues of a NIC are leased.
 *
 * @param present how many receive queues it has
 * @param needed how many it is to have
 * @param chosen those to be leased
 * @param others those that other traffic is spread over: all that nobody leases
 */
record QueueChoice(int present, int needed, List<Integer> chosen, List<Integer> others) {
    /**
     * Chooses queues: those that {@code spec} names, else the last ones that are free, more channels being made if one
     * would not be left for all other traffic.
     *
     * @param leases those of this NIC that are written down: what is set up for their queues stays until they are deleted
     * @throws LinuxException EBUSY if they are taken, ENETDOWN if the device has none since it is down
     */
    static QueueChoice of(LeaseSpec spec, Workbench workbench, Link nic, List<LeaseInfo> leases) {
        List<Queue> receive = workbench.netdev().queues(nic.ifindex()).stream()
                .filter(queue -> queue.type().equals(QueueType.RX))
                .sorted(Comparator.comparingInt(Queue::id))
                .toList();
        if (receive.isEmpty()) {
            throw failure(
                    spec,
                    Errno.ENETDOWN,
                    nic.ifname() + " is down and has no queues: ip link set " + nic.ifname() + " up");
        }
        int present = receive.size();
        List<Integer> free = new ArrayList<>(receive.stream()
                .filter(queue -> use(queue, leases).isEmpty())
                .map(Queue::id)
                .toList());
        List<Integer> leased = receive.stream()
                .filter(queue ->
                        queue.lease().isPresent() || holder(queue.id(), leases).isPresent())
                .map(Queue::id)
                .toList();
        int needed = present;
        if (spec.queues().isEmpty()) {
            needed += Math.max(0, spec.count() + 1 - free.size());
        } else {
            for (int queue : spec.queues()) {
                if (queue < present && !free.contains(queue)) {
                    String use = use(receive.get(queue), leases);
                    throw failure(spec, Errno.EBUSY, "queue " + queue + " of " + nic.ifname() + " " + use);
                }
                needed = Math.max(needed, queue + 1);
            }
        }
        IntStream.range(present, needed).forEach(free::add);
        List<Integer> chosen = spec.queues().isEmpty()
                ? List.copyOf(free.subList(free.size() - spec.count(), free.size()))
                : spec.queues();
        List<Integer> others = IntStream.range(0, needed)
                .filter(queue -> !chosen.contains(queue) && !leased.contains(queue))
                .boxed()
                .toList();
        if (others.isEmpty()) {
            throw failure(
                    spec,
                    Errno.EBUSY,
                    "no queue of " + nic.ifname() + " would be left for other traffic: it has " + present);
        }
        checkMost(spec, workbench, nic, present, needed);
        return new QueueChoice(present, needed, chosen, others);
    }

    private static void checkMost(LeaseSpec spec, Workbench workbench, Link nic, int present, int needed) {
        if (needed > present) {
            Channels channels = workbench.ethtool().channels(nic.ifindex());
            long most = channels.combinedMax().orElse(0) > 0
                    ? channels.combinedMax().getAsLong()
                    : channels.rxMax().orElse(0);
            if (needed > most) {
                throw failure(
                        spec,
                        Errno.EBUSY,
                        nic.ifname() + " can have " + most
                                + " receive queues, of which not enough are free: it would take " + needed);
            }
        }
    }

    private static LinuxException failure(LeaseSpec spec, Errno errno, String detail) {
        return new LinuxException("lease queues of " + spec.nic(), errno.number(), detail);
    }

    /** Who uses a queue already; empty if nobody does. */
    private static String use(Queue queue, List<LeaseInfo> leases) {
        if (queue.lease().isPresent()) {
            return "is leased already, to queue "
                    + queue.lease().get().queue().id() + " of ifindex "
                    + queue.lease().get().ifindex()
                    + (queue.lease().get().netnsId().isPresent()
                            ? " in the namespace of id "
                                    + queue.lease().get().netnsId().getAsInt()
                            : "");
        }
        if (queue.dmabuf().isPresent()) {
            return "is bound to dma-buf " + queue.dmabuf().getAsInt();
        }
        if (queue.ioUring().isPresent()) {
            return "receives into memory of io_uring";
        }
        if (queue.xsk().isPresent()) {
            return "is an AF_XDP socket's";
        }
        return holder(queue.id(), leases)
                .map(lease -> "is still set up for lease " + lease.name() + ": delete that first")
                .orElse("");
    }

    private static Optional<LeaseInfo> holder(int queue, List<LeaseInfo> leases) {
        return leases.stream()
                .filter(lease -> lease.queues().stream().anyMatch(leased -> leased.nic() == queue))
                .findFirst();
    }

    /** The change of channels that gives the NIC the queues it needs. */
    ChannelsChange growth(Channels channels) {
        if (channels.combinedMax().orElse(0) > 0) {
            return ChannelsChange.NONE.combinedCount(needed - channels.rxCount().orElse(0));
        }
        return ChannelsChange.NONE.rxCount(needed);
    }
}
