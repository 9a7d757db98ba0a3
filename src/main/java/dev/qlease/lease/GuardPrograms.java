package dev.qlease.lease;

import dev.qlease.bpf.AttachType;
import dev.qlease.bpf.BpfFileException;
import dev.qlease.bpf.BpfLink;
import dev.qlease.bpf.BpfMap;
import dev.qlease.bpf.DropReason;
import dev.qlease.bpf.GuestPolicy;
import dev.qlease.bpf.GuestPrograms;
import dev.qlease.bpf.Program;
import dev.qlease.bpf.ProgramSpec;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.RouteType;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The BPF programs that forward a lease's packets and check what its guest sends, pinned in a directory of the lease.
 */
final class GuardPrograms {
    private static final String COUNTERS = "counters";
    private static final String FROM_GUEST = "from-guest";
    private static final String TO_GUEST = "to-guest";
    private static final String FROM_WIRE = "from-wire";

    private static final Set<RouteType> DELIVERED = Set.of(RouteType.LOCAL, RouteType.BROADCAST, RouteType.ANYCAST);

    private GuardPrograms() {}

    private static PinDirectory directory(LeaseId id) {
        return new PinDirectory("lease-" + id);
    }

    /** Loads and attaches the programs that {@code spec} needs. Until then the pair drops all packets. */
    static void attach(LeaseSpec spec, LeaseId id, NicHandle nic, LeaseInProgress made) {
        PinDirectory directory = directory(id);
        directory.create();
        GuestPolicy policy = new GuestPolicy(
                spec.addresses().stream().map(IpPrefix::address).toList(),
                spec.routes().stream()
                        .map(route -> new GuestPolicy.Network(route.address(), route.length()))
                        .toList(),
                addressesOfHost(made),
                delivered(made));
        int host = made.host().ifindex();
        boolean byBpf = spec.redirect() == Redirect.BPF;
        NetworkNamespace home = made.home().namespace();
        try (BpfMap counters = directory.map(COUNTERS, DropReason::counters)) {
            ProgramSpec fromGuest = byBpf
                    ? GuestPrograms.fromGuestToNic(policy, nic.ifindex(), counters)
                    : GuestPrograms.fromGuestToStack(policy, counters);
            attach(fromGuest, AttachType.NETKIT_PEER, host, home, directory, FROM_GUEST);
            attach(
                    GuestPrograms.toGuestFromStack(policy, counters),
                    AttachType.NETKIT_PRIMARY,
                    host,
                    home,
                    directory,
                    TO_GUEST);
            if (byBpf) {
                ProgramSpec fromWire = GuestPrograms.toGuestFromWire(policy, host, counters);
                attach(fromWire, AttachType.TCX_INGRESS, nic.ifindex(), home, directory, FROM_WIRE);
            }
        }
    }

    /** Returns the host's addresses, which the guest may reach too. */
    private static List<IpAddress> addressesOfHost(LeaseInProgress made) {
        return made.home().rtnetlink().addresses().list().stream()
                .map(address -> address.local().or(address::address))
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }

    /**
     * Returns what else the host's stack delivers locally: broadcast and anycast addresses, and networks that are local
     * as a whole.
     */
    private static List<GuestPolicy.Network> delivered(LeaseInProgress made) {
        return made.home().rtnetlink().routes().list().stream()
                .filter(route -> DELIVERED.contains(route.type()))
                .filter(route -> route.dstLen() > 0)
                .flatMap(route -> route.dst().stream().map(dst -> new GuestPolicy.Network(dst, route.dstLen())))
                .distinct()
                .toList();
    }

    private static void attach(
            ProgramSpec spec,
            AttachType type,
            int ifindex,
            NetworkNamespace home,
            PinDirectory directory,
            String file) {
        try (Program program = Program.load(spec);
                BpfLink link = BpfLink.attach(program, type, ifindex, home)) {
            link.pin(directory.file(file));
        }
    }

    /** Detaches the programs of a lease. */
    static void remove(LeaseId id) {
        PinDirectory directory = directory(id);
        if (directory.isThere()) {
            directory.unpin(List.of(FROM_WIRE, FROM_GUEST, TO_GUEST, COUNTERS));
            directory.remove();
        }
    }

    /** Returns which of a lease's programs are not attached, a sentence for each. */
    static List<String> problems(LeaseRecord lease) {
        if (lease.single() || lease.addresses().isEmpty()) {
            return List.of();
        }
        List<String> expected = lease.redirect() == Redirect.BPF
                ? List.of(FROM_GUEST, TO_GUEST, FROM_WIRE)
                : List.of(FROM_GUEST, TO_GUEST);
        List<String> problems = new ArrayList<>();
        try {
            for (String file : expected) {
                if (!isAttached(directory(lease.id()), file)) {
                    problems.add("its program " + file + " is not attached any more, so that its packets are"
                            + " dropped: delete the lease and make it again");
                }
            }
        } catch (LinuxException e) {
            return notRead(e.is(Errno.EPERM) || e.is(Errno.EACCES), e);
        } catch (UncheckedIOException e) {
            return notRead(e.getCause() instanceof java.nio.file.AccessDeniedException, e);
        }
        return problems;
    }

    /**
     * Returns why the programs cannot be read; nothing if only root may read them, which is no problem of the lease.
     */
    private static List<String> notRead(boolean forbidden, RuntimeException e) {
        return forbidden ? List.of() : List.of("its programs cannot be read: " + e.getMessage());
    }

    private static boolean isAttached(PinDirectory directory, String file) {
        Optional<BpfLink> pinned = directory.open(file, BpfLink::openPinned);
        if (pinned.isEmpty()) {
            return false;
        }
        try (BpfLink link = pinned.get()) {
            return link.info().ifindex().isPresent();
        }
    }

    /** Returns how many packets they have dropped, by reason; empty if this process may not read the counters. */
    static Map<String, Long> dropped(LeaseRecord lease) {
        Stream<PinDirectory> directories = lease.redirect() == Redirect.BPF
                ? Stream.of(directory(lease.id()))
                : Stream.of(directory(lease.id()), ForwardGuards.directory(lease.homeCookie()));
        Map<String, Long> dropped = new HashMap<>();
        directories.forEach(directory -> add(directory, dropped));
        return dropped;
    }

    private static void add(PinDirectory directory, Map<String, Long> dropped) {
        try {
            directory.open(COUNTERS, BpfMap::openPinned).ifPresent(map -> {
                try (map) {
                    DropReason.read(map).forEach((reason, packets) -> dropped.merge(reason.text(), packets, Long::sum));
                }
            });
        } catch (LinuxException | LeaseRefusedException | UncheckedIOException | BpfFileException e) {
            // Only root may read the counters; the rest of the lease is shown without them.
            return;
        }
    }
}
