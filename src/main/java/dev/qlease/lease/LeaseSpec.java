package dev.qlease.lease;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.NetkitMode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is to be leased to whom.
 *
 * {@snippet :
 * LeaseSpec spec = LeaseSpec.of("eth0", guestNamespace)
 *         .address(IpPrefix.parse("2001:db8:2::2/64"))
 *         .build();
 * }
 *
 * @param nic the physical device, by name
 * @param netns the guest's namespace, which belongs to the caller and stays open until the lease is made
 * @param queues the NIC's receive queues, by number; empty for {@code count} that are free, from the last one down
 * @param count how many queues, if they are not numbered
 * @param guest the name of the guest's device
 * @param host the name of the host's end of the netkit pair, which is the lease's name as well; empty for the first
 *     of ql0, ql1 and so on that is free
 * @param single whether the guest's device has no peer: queues for its own memory, without a way for ordinary packets
 * @param mode whether the pair carries Ethernet frames (L2) or IP packets (L3)
 * @param addresses the guest's addresses, with the length of their network
 * @param routes what the guest reaches through the lease; empty for everything, in the families that it has addresses of
 * @param ports the TCP ports of the guest whose traffic comes to the leased queues; empty for all TCP to its addresses
 * @param redirect what carries packets between the NIC and the pair
 * @param rxRing descriptors that each receive ring of the NIC is to have; empty to leave them
 */
public record LeaseSpec(
        String nic,
        NetworkNamespace netns,
        List<Integer> queues,
        int count,
        String guest,
        Optional<String> host,
        boolean single,
        NetkitMode mode,
        List<IpPrefix> addresses,
        List<IpPrefix> routes,
        List<Integer> ports,
        Redirect redirect,
        OptionalInt rxRing) {
    /** Checks what can be told without the kernel. */
    public LeaseSpec {
        queues = List.copyOf(queues);
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
        ports = List.copyOf(ports);
        if (count < 1) {
            throw new IllegalArgumentException("a lease is of 1 queue or more, not " + count);
        }
        requireDistinct("queue", queues);
        requireDistinct("address", addresses);
        requireDistinct("port", ports);
        for (int queue : queues) {
            if (queue < 0) {
                throw new IllegalArgumentException("a queue's number is 0 or more, not " + queue);
            }
        }
        for (int port : ports) {
            if (port < 1 || port > 0xffff) {
                throw new IllegalArgumentException("a TCP port is 1 to 65535, not " + port);
            }
        }
        if (single && (redirect != Redirect.NONE || !addresses.isEmpty())) {
            throw new IllegalArgumentException(
                    "a single netkit device has no way for packets: it takes redirect none and no addresses");
        }
        if (redirect != Redirect.NONE && addresses.isEmpty()) {
            throw new IllegalArgumentException(
                    "packets are redirected by the guest's addresses: give it one, or redirect none");
        }
        requireName(guest);
        host.ifPresent(LeaseSpec::requireName);
    }

    private static void requireDistinct(String what, List<?> values) {
        if (new HashSet<>(values).size() != values.size()) {
            throw new IllegalArgumentException("a " + what + " is given twice: " + values);
        }
    }

    /** Interface names are file names of at most 15 bytes (dev_valid_name in net/core/dev.c); ours are ASCII beside. */
    private static void requireName(String name) {
        if (!name.matches("[!-~&&[^/:]]{1,15}") || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException(
                    "a device's name has 1 to 15 letters and digits, and no slash or colon, not \"" + name + "\"");
        }
    }

    /** Begins with one free queue of {@code nic}, to {@code netns}: an L2 pair, redirected by BPF, without an address yet. */
    public static Builder of(String nic, NetworkNamespace netns) {
        return new Builder(nic, netns);
    }

    /** Collects what is wanted. Not for several threads at once. */
    public static final class Builder {
        private final String nic;
        private final NetworkNamespace netns;
        private List<Integer> queues = List.of();
        private int count = 1;
        private String guest = "nk0";
        private Optional<String> host = Optional.empty();
        private boolean single;
        private NetkitMode mode = NetkitMode.L2;
        private final List<IpPrefix> addresses = new ArrayList<>();
        private final List<IpPrefix> routes = new ArrayList<>();
        private final List<Integer> ports = new ArrayList<>();
        private Redirect redirect = Redirect.BPF;
        private OptionalInt rxRing = OptionalInt.empty();

        private Builder(String nic, NetworkNamespace netns) {
            this.nic = nic;
            this.netns = netns;
        }

        /** So many free queues. */
        public Builder count(int number) {
            count = number;
            queues = List.of();
            return this;
        }

        /** These queues of the NIC, at least one. */
        public Builder queues(List<Integer> numbers) {
            queues = List.copyOf(numbers);
            count = queues.size();
            return this;
        }

        /** The name of the guest's device. */
        public Builder guest(String name) {
            guest = name;
            return this;
        }

        /** The name of the host's end, and of the lease. */
        public Builder host(String name) {
            host = Optional.of(name);
            return this;
        }

        /** A guest's device that has no peer; it takes {@link Redirect#NONE}, and no addresses. */
        public Builder single() {
            single = true;
            return this;
        }

        /** What the pair carries. */
        public Builder mode(NetkitMode carried) {
            mode = carried;
            return this;
        }

        /** One address more of the guest, with the length of its network. */
        public Builder address(IpPrefix address) {
            addresses.add(address);
            return this;
        }

        /** One network more that the guest reaches through the lease, instead of everything. */
        public Builder route(IpPrefix network) {
            routes.add(network);
            return this;
        }

        /** One TCP port more whose traffic comes to the leased queues, instead of all. */
        public Builder port(int number) {
            ports.add(number);
            return this;
        }

        /** What carries packets between the NIC and the pair. */
        public Builder redirect(Redirect by) {
            redirect = by;
            return this;
        }

        /** Receive rings of so many descriptors. */
        public Builder rxRing(int descriptors) {
            rxRing = OptionalInt.of(descriptors);
            return this;
        }

        /**
         * The spec.
         *
         * @throws IllegalArgumentException if what was said makes no sense
         */
        public LeaseSpec build() {
            return new LeaseSpec(
                    nic, netns, queues, count, guest, host, single, mode, addresses, routes, ports, redirect, rxRing);
        }
    }
}
