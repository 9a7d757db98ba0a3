package dev.qlease.lease;

import dev.qlease.ethtool.Channels;
import dev.qlease.lease.LeaseRefusedException.Reason;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * The choice of a NIC's queues to lease.
 *
 * @param present number of receive queues that the NIC has
 * @param needed number of receive queues that it needs
 * @param chosen the queues to lease
 * @param others the queues for other traffic: all that are not leased
 */
record QueueChoice(int present, int needed, List<Integer> chosen, List<Integer> others) {
    /**
     * Chooses the queues that are reserved for the owner of {@code spec}, those that {@code spec} names, or otherwise
     * the highest free ones. Plans more channels if no queue would be left for other traffic. A queue to which other
     * traffic is steered is not free.
     *
     * @param recorded the recorded leases and reservations of this NIC: their queues stay configured until they are
     *     deleted
     * @throws LeaseRefusedException if queues are in use, the NIC cannot have as many, or it is down
     */
    static QueueChoice of(LeaseSpec spec, NicHandle nic, ForeignTraffic traffic, List<LeaseRecord> recorded) {
        Optional<LeaseRecord> reserved = recorded.stream()
                .filter(lease -> lease.isReservedFor(spec.owner()))
                .findFirst();
        List<LeaseRecord> leases = recorded.stream()
                .filter(lease -> !reserved.equals(Optional.of(lease)))
                .toList();
        List<Integer> named = reserved.map(lease -> reserved(spec, nic, lease)).orElse(spec.queues());
        List<Queue> receive = receiveQueues(nic);
        if (receive.isEmpty()) {
            throw refused(
                    nic, Reason.DOWN, nic.name() + " is down and has no queues: ip link set " + nic.name() + " up");
        }
        int present = receive.size();
        List<Integer> free = new ArrayList<>(receive.stream()
                .filter(queue -> use(queue, traffic, leases).isEmpty())
                .map(Queue::id)
                .toList());
        long needed = needed(named, spec.count(), present, free.size());
        if (needed > present) {
            checkMost(nic, needed);
        }
        named.stream().filter(queue -> queue < present).forEach(queue -> {
            use(receive.get(queue), traffic, leases).ifPresent(use -> {
                throw refused(nic, Reason.IN_USE, "queue " + queue + " of " + nic.name() + " " + use);
            });
        });
        IntStream.range(present, (int) needed).forEach(free::add);
        List<Integer> chosen =
                named.isEmpty() ? List.copyOf(free.subList(free.size() - spec.count(), free.size())) : named;
        List<Integer> others = IntStream.range(0, (int) needed)
                .filter(queue -> !chosen.contains(queue) && !isLeased(receive, queue, leases))
                .boxed()
                .toList();
        if (others.isEmpty()) {
            throw refused(
                    nic,
                    Reason.IN_USE,
                    "no queue of " + nic.name() + " would be left for other traffic: it has " + present);
        }
        return new QueueChoice(present, (int) needed, chosen, others);
    }

    /**
     * Returns the number of queues that can be leased without giving the NIC more of them, besides one that is left for
     * other traffic; 0 if the NIC is down.
     */
    static int leasable(NicHandle nic, ForeignTraffic traffic, List<LeaseRecord> leases) {
        List<Queue> receive = receiveQueues(nic);
        if (receive.isEmpty()) {
            return 0;
        }
        long free = receive.stream()
                .filter(queue -> use(queue, traffic, leases).isEmpty())
                .count();
        return Math.clamp(free - 1, 0, LeaseSpec.MOST_QUEUES);
    }

    private static List<Queue> receiveQueues(NicHandle nic) {
        return nic.sockets().netdev().queues(nic.ifindex()).stream()
                .filter(queue -> queue.type().equals(QueueType.RX))
                .sorted(Comparator.comparingInt(Queue::id))
                .toList();
    }

    /** Returns the reserved queues, which are those that a lease of the owner has. */
    private static List<Integer> reserved(LeaseSpec spec, NicHandle nic, LeaseRecord reservation) {
        List<Integer> reserved = reservation.nicQueues();
        boolean isSame = spec.queues().isEmpty()
                ? spec.count() == reserved.size()
                : new HashSet<>(spec.queues()).equals(new HashSet<>(reserved));
        if (!isSame) {
            String wanted = spec.queues().isEmpty() ? spec.count() + " queues" : "queues " + spec.queues();
            throw refused(
                    nic,
                    Reason.IN_USE,
                    "queues " + reserved + " of " + nic.name() + " are reserved for this owner (" + reservation.name()
                            + "), and the lease asks for " + wanted);
        }
        return spec.queues().isEmpty() ? reserved : spec.queues();
    }

    private static long needed(List<Integer> named, int count, int present, int free) {
        if (named.isEmpty()) {
            return present + Math.max(0, count + 1L - free);
        }
        long highest = named.stream().mapToLong(Integer::longValue).max().orElse(0);
        return Math.max(present, highest + 1);
    }

    private static void checkMost(NicHandle nic, long needed) {
        Optional<Channels> channels = NicHandle.asked(() -> nic.ethtool().channels(nic.ifindex()));
        long most = channels.map(has -> has.combinedMax().orElse(0) > 0
                        ? has.combinedMax().getAsLong()
                        : has.rxMax().orElse(0))
                .orElse(0L);
        if (needed > most) {
            throw refused(
                    nic,
                    Reason.IN_USE,
                    nic.name() + " can have " + most + " receive queues, too few of which are free: it would need "
                            + needed);
        }
    }

    private static LeaseRefusedException refused(NicHandle nic, Reason reason, String detail) {
        return new LeaseRefusedException(reason, "lease queues of " + nic.name() + ": " + detail);
    }

    private static boolean isLeased(List<Queue> receive, int queue, List<LeaseRecord> leases) {
        return holder(queue, leases).isPresent()
                || (queue < receive.size() && receive.get(queue).lease().isPresent());
    }

    /** Returns a sentence about the current use of a queue; empty if it is free. */
    static Optional<String> use(Queue queue, ForeignTraffic traffic, List<LeaseRecord> leases) {
        if (queue.lease().isPresent()) {
            var lease = queue.lease().get();
            String where = lease.netnsId().isPresent()
                    ? " in the namespace of id " + lease.netnsId().getAsInt()
                    : "";
            return Optional.of(
                    "is already leased, to queue " + lease.queue().id() + " of ifindex " + lease.ifindex() + where);
        }
        if (queue.dmabuf().isPresent()) {
            return Optional.of("is bound to dma-buf " + queue.dmabuf().getAsInt());
        }
        if (queue.ioUring().isPresent()) {
            return Optional.of("receives into memory of io_uring");
        }
        if (queue.xsk().isPresent()) {
            return Optional.of("is used by an AF_XDP socket");
        }
        return holder(queue.id(), leases)
                .map(lease -> lease.isReservation()
                        ? "is reserved for " + lease.owner().orElse("") + " (" + lease.name() + ")"
                        : "is still set up for lease " + lease.name() + ": delete that first")
                .or(() -> traffic.steeredTo(queue.id(), _ -> false, OptionalLong.empty())
                        .map(sentence -> "gets traffic of others: " + sentence));
    }

    private static Optional<LeaseRecord> holder(int queue, List<LeaseRecord> leases) {
        return leases.stream()
                .filter(lease -> lease.nicQueues().contains(queue))
                .findFirst();
    }
}
