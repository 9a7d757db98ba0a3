package dev.qlease.lease;

import dev.qlease.rtnetlink.IpPrefix;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A lease or a reservation in its current state, whichever process created it. Immutable.
 *
 * @param name the name, which is that of the host's end of the netkit pair if there is one; of reservations, {@code
 *     qr0} and so on
 * @param id 16 hexadecimal digits, unique to the lease; its links carry them in their alias
 * @param status the state of the lease
 * @param problems the problems of the lease, each as a sentence with its remedy; empty if there are none
 * @param nic the physical device's name when the lease was created; empty if the lease is unreadable
 * @param nicIfindex the physical device's interface index at that time
 * @param netns the path by which the guest's namespace was opened; empty for a reservation
 * @param netnsInode the inode number of the guest's namespace, which /proc/PID/ns/net shows
 * @param netnsCookie the cookie of the guest's namespace, which no other namespace gets before the machine is restarted
 * @param single whether the guest's device has no peer
 * @param guest the guest's device; empty for a reservation, which has no guest
 * @param guestIfindex the interface index of the guest's device in the guest's namespace; 0 before it is created
 * @param queues the leased or reserved queues; the guest's queues of a reservation are 0
 * @param addresses the guest's addresses
 * @param routes the networks that the guest reaches through the lease; empty for all
 * @param ports the TCP ports that are steered to the queues; empty for all
 * @param redirect what carries packets between the NIC and the guest
 * @param mode what the netkit pair carries: {@code l2} or {@code l3}
 * @param sharedTraffic whether traffic of others on the leased queues was accepted
 * @param rxRing number of descriptors in each receive ring of the NIC, if the lease set it
 * @param created when the lease was created; empty if the lease is unreadable
 * @param owner the program that manages the lease and what it manages it for; empty for none
 * @param dropped number of packets from and to the guest that its guard has dropped, by reason, 0 included; empty if
 *     there is no guard or its counters cannot be read
 */
public record LeaseInfo(
        String name,
        String id,
        Status status,
        List<String> problems,
        String nic,
        int nicIfindex,
        String netns,
        long netnsInode,
        long netnsCookie,
        boolean single,
        String guest,
        int guestIfindex,
        List<LeasedQueue> queues,
        List<String> addresses,
        List<String> routes,
        List<Integer> ports,
        Redirect redirect,
        String mode,
        boolean sharedTraffic,
        OptionalInt rxRing,
        Optional<Instant> created,
        Optional<String> owner,
        Map<String, Long> dropped) {
    /** The state of a lease. */
    public enum Status {
        /** Being created or deleted, or left so by a process that died: delete it. */
        INCOMPLETE,
        /** Created; its device exists, and only its own traffic reaches its queues. */
        READY,
        /** A reservation: the NIC is prepared, and no traffic reaches its queues but that of its owner's lease. */
        RESERVED,
        /**
         * Created or reserved, but something that isolates it from others has been changed since; the problems name it.
         */
        VIOLATED,
        /** Created, but its namespace, device or NIC no longer exists: delete it to restore the NIC. */
        GONE,
        /** Its record cannot be read; the problem says why. */
        UNREADABLE;

        /** Returns the status as it is printed. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Keeps copies of the lists. */
    public LeaseInfo {
        problems = List.copyOf(problems);
        queues = List.copyOf(queues);
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
        ports = List.copyOf(ports);
        dropped = Map.copyOf(dropped);
    }

    /** Returns whether this is a {@linkplain Leases#reserve reservation} and not a lease. */
    public boolean isReservation() {
        return guest.isEmpty() && status != Status.UNREADABLE;
    }

    /** Returns the networks that the guest reaches by its device: {@link #routes}, or all of its address families. */
    public List<IpPrefix> guestRoutes() {
        return LeaseSpec.guestRoutes(
                addresses.stream().map(IpPrefix::parse).toList(),
                routes.stream().map(IpPrefix::parse).toList());
    }

    static LeaseInfo of(LeaseRecord lease, Status status, List<String> problems, Map<String, Long> dropped) {
        return new LeaseInfo(
                lease.name(),
                lease.id().text(),
                status,
                problems,
                lease.nic().name(),
                lease.nic().ifindex(),
                lease.netns(),
                lease.netnsInode(),
                lease.netnsCookie(),
                lease.single(),
                lease.guest(),
                lease.guestIfindex(),
                lease.queues(),
                lease.addresses(),
                lease.routes(),
                lease.ports(),
                lease.redirect(),
                lease.mode(),
                lease.sharedTraffic(),
                lease.rxRing(),
                Optional.of(lease.created()),
                lease.owner(),
                dropped);
    }

    static LeaseInfo of(LeaseStore.Unreadable lease) {
        return new LeaseInfo(
                lease.name(),
                lease.id().text(),
                Status.UNREADABLE,
                List.of(lease.because()),
                "",
                0,
                "",
                0,
                0,
                false,
                "",
                0,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Redirect.NONE,
                "",
                false,
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of());
    }
}
