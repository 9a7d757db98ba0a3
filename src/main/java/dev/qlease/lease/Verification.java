package dev.qlease.lease;

import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.linux.LinuxException;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * Reads a lease back from the kernel: the kernel may have accepted a request and done something else, or another
 * program may have changed the lease since.
 */
final class Verification {
    private final NamespaceSockets home;
    private final LeaseLinks links;

    Verification(NamespaceSockets home) {
        this.home = home;
        this.links = new LeaseLinks(home);
    }

    /** The last step of making a lease. */
    static Step step(LeaseSpec spec, NicHandle nic) {
        return Step.Change.passing(
                "verify",
                "",
                "read back the leased queues, the guest's device and its addresses, and check that no other"
                        + " traffic comes to them",
                "",
                made -> verify(spec, nic, made));
    }

    private static void verify(LeaseSpec spec, NicHandle nic, LeaseInProgress made) {
        for (LeasedQueue queue : made.queues()) {
            Queue read = made.home().netdev().queue(nic.ifindex(), QueueId.rx(queue.nic()));
            if (!isLeasedTo(read, made.guest().ifindex(), queue)) {
                throw wrong(
                        nic,
                        "queue " + queue.nic() + " is not leased to queue " + queue.guest() + " of " + spec.guest());
            }
        }
        Link guest = made.there().rtnetlink().links().get(made.guest().ifindex());
        require(nic, guest.isUp(), spec.guest() + " is down");
        for (IpPrefix address : spec.addresses()) {
            require(
                    nic,
                    made.there().rtnetlink().addresses().list(guest.ifindex()).stream()
                            .anyMatch(has -> has.local().equals(Optional.of(address.address()))
                                    || has.address().equals(Optional.of(address.address()))),
                    spec.guest() + " has no address " + address);
        }
        require(nic, isSplitting(nic), "it does not split headers from payload");
        List<Integer> queues = made.queues().stream().map(LeasedQueue::nic).toList();
        List<String> foreign = foreign(
                ForeignTraffic.of(nic),
                queues,
                own(queues, made.rssContext(), spec.addresses()),
                made.rssContext(),
                spec.sharedTraffic());
        require(nic, foreign.isEmpty(), String.join("; ", foreign));
    }

    /** The last step of reserving queues. */
    static Step reservationStep(LeaseSpec spec, NicHandle nic, List<Integer> queues) {
        return Step.Change.passing(
                "verify", "", "read back the settings, and check that no other traffic comes to the queues", "", _ -> {
                    require(nic, isSplitting(nic), "it does not split headers from payload");
                    List<String> foreign = foreign(
                            ForeignTraffic.of(nic), queues, _ -> false, OptionalLong.empty(), spec.sharedTraffic());
                    require(nic, foreign.isEmpty(), String.join("; ", foreign));
                });
    }

    /** Returns whether headers are split from payload, unless the driver has no such setting. */
    private static boolean isSplitting(NicHandle nic) {
        return NicHandle.asked(() -> nic.ethtool().rings(nic.ifindex()))
                .flatMap(Rings::tcpDataSplit)
                .filter(split -> split.value() != TcpDataSplit.ENABLED.value())
                .isEmpty();
    }

    private static boolean isLeasedTo(Queue read, int guestIfindex, LeasedQueue queue) {
        return read.lease()
                .filter(lease ->
                        lease.ifindex() == guestIfindex && lease.queue().equals(QueueId.rx(queue.guest())))
                .isPresent();
    }

    private static void require(NicHandle nic, boolean holds, String otherwise) {
        if (!holds) {
            throw wrong(nic, otherwise);
        }
    }

    private static LeaseRefusedException wrong(NicHandle nic, String detail) {
        return new LeaseRefusedException(
                LeaseRefusedException.Reason.UNSAFE, "verify the lease of " + nic.name() + ": " + detail);
    }

    /** Returns a test for the rules that the lease added itself. */
    private static Predicate<FlowRule> own(List<Integer> queues, OptionalLong context, List<IpPrefix> addresses) {
        return rule -> SteeringSteps.action(queues, context).equals(Optional.of(rule.action()))
                && addresses.stream().map(IpPrefix::address).anyMatch(address -> isFor(rule, address));
    }

    private static boolean isFor(FlowRule rule, IpAddress address) {
        return rule.match() instanceof dev.qlease.ethtool.FlowMatch.Transport match
                && match.destination().equals(Optional.of(address));
    }

    /** Returns how traffic of others reaches leased queues, a sentence for each way. */
    private static List<String> foreign(
            ForeignTraffic traffic,
            List<Integer> queues,
            Predicate<FlowRule> own,
            OptionalLong ownContext,
            boolean sharedTraffic) {
        List<String> sentences = new ArrayList<>();
        for (int queue : queues) {
            traffic.steeredTo(queue, own, ownContext).ifPresent(sentences::add);
            if (!sharedTraffic) {
                traffic.spreadTo(queue).ifPresent(sentences::add);
            }
        }
        return sentences;
    }

    /**
     * The state of a lease.
     *
     * @param gone whether its guest's device or its NIC is gone, and its queues with them
     * @param problems what is wrong, a sentence for each problem
     */
    record Seen(boolean gone, List<String> problems) {}

    /** Examines a lease that is complete. */
    Seen look(LeaseRecord lease) {
        Optional<NicHandle> nic = nic(lease);
        if (nic.isEmpty()) {
            return withoutNic(lease);
        }
        List<String> problems = new ArrayList<>();
        for (LeasedQueue queue : lease.queues()) {
            Optional<Queue> read = LeaseLinks.queue(nic.get(), queue.nic());
            if (read.isEmpty() || !isLeasedTo(read.get(), lease.guestIfindex(), queue)) {
                problems.add(
                        "queue " + queue.nic() + " of " + nic.get().name() + " is not leased to this guest any more");
            }
        }
        if (!lease.single() && links.atHome(lease.id(), lease.hostIfindex()).isEmpty()) {
            problems.add("the host's end " + lease.name() + " is not here any more");
        }
        if (!problems.isEmpty()) {
            return new Seen(true, problems);
        }
        problems.addAll(steering(lease, nic.get()));
        problems.addAll(GuardPrograms.problems(lease));
        return new Seen(false, problems);
    }

    private Optional<NicHandle> nic(LeaseRecord lease) {
        try (NicSearch search = new NicSearch(home)) {
            return search.atHome(lease.nic());
        }
    }

    private static Seen withoutNic(LeaseRecord lease) {
        return new Seen(
                true,
                List.of(lease.nic().name() + " is not here any more: it was removed, replugged or moved"
                        + " to another namespace"));
    }

    /**
     * Examines a reservation that is complete.
     *
     * @param lease the lease of its queues by its owner; empty for none
     */
    Seen look(LeaseRecord reservation, Optional<LeaseRecord> lease) {
        Optional<NicHandle> nic = nic(reservation);
        if (nic.isEmpty()) {
            return withoutNic(reservation);
        }
        ForeignTraffic traffic = ForeignTraffic.of(nic.get());
        List<String> problems = new ArrayList<>();
        for (int queue : reservation.nicQueues()) {
            String about = "queue " + queue + " of " + nic.get().name() + " ";
            Optional<Queue> read = LeaseLinks.queue(nic.get(), queue);
            if (read.isEmpty()) {
                problems.add(about + "is not here any more: ethtool -L changes the number of queues");
            } else if (lease.isEmpty()) {
                QueueChoice.use(read.get(), traffic, List.of()).ifPresent(use -> problems.add(about + use));
            }
            if (lease.isEmpty() && !reservation.sharedTraffic()) {
                traffic.spreadTo(queue).ifPresent(problems::add);
            }
        }
        lease.ifPresent(user -> problems.addAll(foreign(user, traffic)));
        notSplitting(nic.get()).ifPresent(problems::add);
        return new Seen(false, problems);
    }

    private static Optional<String> notSplitting(NicHandle nic) {
        return isSplitting(nic)
                ? Optional.empty()
                : Optional.of(nic.name() + " does not split headers from payload any more: ethtool -G " + nic.name()
                        + " tcp-data-split on");
    }

    /** Returns what is wrong with the steering to its queues, that of others and its own. */
    private static List<String> steering(LeaseRecord lease, NicHandle nic) {
        ForeignTraffic traffic;
        try {
            traffic = ForeignTraffic.of(nic);
        } catch (LinuxException e) {
            return List.of("what steers traffic to its queues cannot be read: " + e.getMessage());
        }
        List<String> problems = new ArrayList<>(foreign(lease, traffic));
        problems.addAll(missing(lease, nic, traffic.rules()));
        return problems;
    }

    /** Returns what is missing that the guest's own traffic needs. */
    private static List<String> missing(LeaseRecord lease, NicHandle nic, List<FlowRule> rules) {
        List<String> problems = new ArrayList<>();
        for (Undo undo : lease.undo()) {
            if (undo instanceof Undo.FlowRule rule && rules.stream().noneMatch(there -> isOwn(lease, rule, there))) {
                problems.add("the " + rule.title() + " is not on " + nic.name()
                        + " any more, so that the guest's traffic comes to other queues: delete the lease and"
                        + " make it again");
            }
        }
        boolean steers = lease.undo().stream().anyMatch(Undo.FlowRule.class::isInstance);
        if (steers && !Setting.NTUPLE.read(nic).equals(Setting.ON)) {
            problems.add(Setting.NTUPLE.title(nic.name()) + " is off, so that no flow rule counts: ethtool -K "
                    + nic.name() + " ntuple on");
        }
        notSplitting(nic).ifPresent(problems::add);
        return problems;
    }

    private static boolean isOwn(LeaseRecord lease, Undo.FlowRule rule, FlowRule there) {
        return there.match().equals(SteeringSteps.match(IpAddress.parse(rule.destination()), rule.port()))
                && SteeringSteps.action(lease.nicQueues(), lease.rssContext()).equals(Optional.of(there.action()));
    }

    private static List<String> foreign(LeaseRecord lease, ForeignTraffic traffic) {
        List<IpPrefix> addresses =
                lease.addresses().stream().map(IpPrefix::parse).toList();
        return foreign(
                traffic,
                lease.nicQueues(),
                own(lease.nicQueues(), lease.rssContext(), addresses),
                lease.rssContext(),
                lease.sharedTraffic());
    }
}
