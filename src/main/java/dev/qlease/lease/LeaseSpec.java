package dev.qlease.lease;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.NetkitMode;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Specification of a lease.
 *
 * {@snippet :
 * LeaseSpec spec = LeaseSpec.of("eth0", guestNamespace)
 *         .address(IpPrefix.parse("2001:db8:2::2/64"))
 *         .build();
 * }
 *
 * @param nic the physical device: its name, an alternative name, or its ifindex if no device has that number as a name
 * @param netns the guest's namespace; remains owned by the caller, who must keep it open until the lease is created
 * @param queues the numbers of the NIC's receive queues to lease; empty for the {@code count} free queues with the
 *     highest numbers
 * @param count the number of queues to lease, if {@code queues} is empty
 * @param guest the name of the guest's device
 * @param host the name of the host's end of the netkit pair, which is also the name of the lease; empty for the first
 *     free name of ql0, ql1 and so on
 * @param single whether the guest's device has no peer; it then has queues for device memory, but carries no ordinary
 *     packets
 * @param mode whether the pair carries Ethernet frames (L2) or IP packets (L3)
 * @param addresses the guest's addresses, with their prefix lengths
 * @param routes the networks that the guest can reach through the lease; empty for all networks of the address families
 *     that {@code addresses} contains
 * @param ports the guest's TCP ports whose traffic is steered to the leased queues; empty for all TCP traffic to its
 *     addresses
 * @param redirect what carries packets between the NIC and the pair
 * @param rxRing number of descriptors in each receive ring of the NIC; empty to leave it unchanged
 * @param sharedTraffic whether to accept a NIC whose driver cannot keep the traffic of others off the leased queues
 * @param owner the program that manages the lease and what it manages it for, such as
 *     {@code cni:network:container:eth0}; empty for a lease that belongs to no program
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
        OptionalInt rxRing,
        boolean sharedTraffic,
        Optional<String> owner) {
    /**
     * The maximum number of queues of a lease: rtnl_create_link in net/core/rtnetlink.c allows a device at most 4096
     * queues, and the guest's device has one queue of its own besides the leased ones.
     */
    public static final int MOST_QUEUES = 4095;

    /** The maximum length of an owner. */
    public static final int LONGEST_OWNER = 1024;

    /** The first octet of 240.0.0.0: this address and all higher ones are reserved, or the broadcast address. */
    private static final int FIRST_RESERVED = 240;

    private static final IpPrefix IPV4_MAPPED = IpPrefix.parse("::ffff:0:0/96");

    /**
     * Checks everything that can be checked without asking the kernel.
     *
     * @throws IllegalArgumentException if a value is invalid; the message names the value and what is allowed
     */
    public LeaseSpec {
        queues = List.copyOf(queues);
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
        ports = List.copyOf(ports);
        if (count < 1 || count > MOST_QUEUES) {
            throw new IllegalArgumentException("a lease has 1 to " + MOST_QUEUES + " queues, not " + count);
        }
        requireDistinct("queue", queues);
        requireDistinct("address", addresses.stream().map(IpPrefix::address).toList());
        requireDistinct("port", ports);
        for (int queue : queues) {
            if (queue < 0) {
                throw new IllegalArgumentException("a queue's number is 0 or more, not " + queue);
            }
        }
        if (rxRing.orElse(1) < 1) {
            throw new IllegalArgumentException("a receive ring has 1 descriptor or more, not " + rxRing.getAsInt());
        }
        addresses.forEach(LeaseSpec::requireHostAddress);
        for (int port : ports) {
            if (port < 1 || port > 0xffff) {
                throw new IllegalArgumentException("a TCP port is 1 to 65535, not " + port);
            }
        }
        if (single && (redirect != Redirect.NONE || !addresses.isEmpty())) {
            throw new IllegalArgumentException(
                    "a single netkit device has no path for packets: it requires redirect none and no addresses");
        }
        if (redirect != Redirect.NONE && addresses.isEmpty()) {
            throw new IllegalArgumentException(
                    "packets are redirected by the guest's addresses: give it one, or redirect none");
        }
        requireName(guest);
        host.ifPresent(LeaseSpec::requireName);
        owner.ifPresent(LeaseSpec::requireOwner);
    }

    private static void requireDistinct(String what, List<?> values) {
        if (new HashSet<>(values).size() != values.size()) {
            throw new IllegalArgumentException("a " + what + " is given twice: " + values);
        }
    }

    /** Returns the networks that the guest reaches by its device: {@link #routes}, or all of its address families. */
    public List<IpPrefix> guestRoutes() {
        return guestRoutes(addresses, routes);
    }

    static List<IpPrefix> guestRoutes(List<IpPrefix> addresses, List<IpPrefix> routes) {
        if (!routes.isEmpty()) {
            return routes;
        }
        List<IpPrefix> all = new ArrayList<>();
        if (addresses.stream().anyMatch(prefix -> !prefix.address().isIpv6())) {
            all.add(IpPrefix.ALL_IPV4);
        }
        if (addresses.stream().anyMatch(prefix -> prefix.address().isIpv6())) {
            all.add(IpPrefix.ALL_IPV6);
        }
        return all;
    }

    /** Refuses addresses that a single host cannot have, or at which it cannot be reached. */
    private static void requireHostAddress(IpPrefix prefix) {
        String kind = kind(prefix);
        if (!kind.isEmpty()) {
            throw new IllegalArgumentException(
                    "a guest's address must be that of a single host: " + prefix.address() + " is " + kind);
        }
    }

    private static String kind(IpPrefix prefix) {
        byte[] bytes = prefix.address().bytes();
        InetAddress address = prefix.address().toInetAddress();
        int first = bytes[0] & 0xff;
        if (address.isAnyLocalAddress() || (!prefix.address().isIpv6() && first == 0)) {
            return "unspecified";
        }
        if (address.isLoopbackAddress()) {
            return "a loopback address";
        }
        if (address.isMulticastAddress()) {
            return "a multicast address";
        }
        if (address.isLinkLocalAddress()) {
            return "a link-local address";
        }
        if (!prefix.address().isIpv6() && first >= FIRST_RESERVED) {
            return "a reserved or broadcast address";
        }
        if (prefix.address().isIpv6() && IPV4_MAPPED.contains(prefix.address())) {
            return "an IPv4-mapped IPv6 address: write it as IPv4";
        }
        return kindInNetwork(prefix);
    }

    /**
     * Returns a description if the address is the first one of its network, or the last one of its IPv4 network;
     * otherwise an empty string.
     */
    private static String kindInNetwork(IpPrefix prefix) {
        int free = prefix.address().bits() - prefix.length();
        if (free < 2) {
            return "";
        }
        BitSet bits = BitSet.valueOf(reversed(prefix.address().bytes())).get(0, free);
        if (bits.isEmpty()) {
            return "the address of the network " + prefix + " itself";
        }
        return !prefix.address().isIpv6() && bits.cardinality() == free
                ? "the broadcast address of the network " + prefix
                : "";
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }

    /**
     * Requires a valid interface name: a file name of at most 15 bytes (dev_valid_name in net/core/dev.c), which here
     * must also be printable ASCII.
     */
    static void requireName(String name) {
        if (!name.matches("[!-~&&[^/:]]{1,15}") || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException(
                    "a device's name has 1 to 15 letters and digits, and no slash or colon, not \"" + name + "\"");
        }
    }

    /** Requires an owner that can be printed and compared: graphic ASCII characters, without blanks. */
    static void requireOwner(String owner) {
        if (!owner.matches("[!-~]{1," + LONGEST_OWNER + "}")) {
            throw new IllegalArgumentException("an owner has 1 to " + LONGEST_OWNER
                    + " printable ASCII characters without blanks, not \"" + owner + "\"");
        }
    }

    /**
     * Returns a builder for a lease of one free queue of {@code nic} to {@code netns}, with an L2 netkit pair,
     * redirection by BPF, and no addresses yet.
     */
    public static Builder of(String nic, NetworkNamespace netns) {
        return new Builder(nic, netns);
    }

    /** A builder of specifications. Not thread-safe. */
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
        private boolean sharedTraffic;
        private Optional<String> owner = Optional.empty();

        private Builder(String nic, NetworkNamespace netns) {
            this.nic = nic;
            this.netns = netns;
        }

        /** Sets the number of free queues to lease; 1 by default. Replaces {@link #queues(List)}. */
        public Builder count(int number) {
            count = number;
            queues = List.of();
            return this;
        }

        /** Sets the numbers of the NIC's queues to lease, at least one. Replaces {@link #count(int)}. */
        public Builder queues(List<Integer> numbers) {
            queues = List.copyOf(numbers);
            count = queues.size();
            return this;
        }

        /** Sets the name of the guest's device; nk0 by default. */
        public Builder guest(String name) {
            guest = name;
            return this;
        }

        /**
         * Sets the name of the host's end of the pair, which is also the name of the lease; by default, the first free
         * name of ql0, ql1 and so on.
         */
        public Builder host(String name) {
            host = Optional.of(name);
            return this;
        }

        /** Creates the guest's device without a peer; requires {@link Redirect#NONE} and no addresses. */
        public Builder single() {
            single = true;
            return this;
        }

        /** Sets whether the pair carries Ethernet frames or IP packets; {@link NetkitMode#L2} by default. */
        public Builder mode(NetkitMode carried) {
            mode = carried;
            return this;
        }

        /** Adds an address of the guest, with its prefix length. */
        public Builder address(IpPrefix address) {
            addresses.add(address);
            return this;
        }

        /** Adds a network that the guest can reach through the lease; if none is added, it can reach all networks. */
        public Builder route(IpPrefix network) {
            routes.add(network);
            return this;
        }

        /** Adds a TCP port whose traffic is steered to the leased queues; if none is added, all TCP traffic is. */
        public Builder port(int number) {
            ports.add(number);
            return this;
        }

        /** Sets what carries packets between the NIC and the pair; {@link Redirect#BPF} by default. */
        public Builder redirect(Redirect by) {
            redirect = by;
            return this;
        }

        /** Sets the number of descriptors in each receive ring of the NIC; left unchanged by default. */
        public Builder rxRing(int descriptors) {
            rxRing = OptionalInt.of(descriptors);
            return this;
        }

        /**
         * Accepts a NIC whose driver has no RSS table. The traffic of others can then reach the leased queues, and the
         * guest can read it.
         */
        public Builder sharedTraffic() {
            sharedTraffic = true;
            return this;
        }

        /**
         * Sets the program that manages the lease and what it manages it for, at most {@value #LONGEST_OWNER} printable
         * ASCII characters. {@link Leases#ownedBy} finds the lease by it; {@code qlease apply} does not change it.
         */
        public Builder owner(String program) {
            owner = Optional.of(program);
            return this;
        }

        /**
         * Returns the specification.
         *
         * @throws IllegalArgumentException if values are invalid or contradict each other
         */
        public LeaseSpec build() {
            return new LeaseSpec(
                    nic,
                    netns,
                    queues,
                    count,
                    guest,
                    host,
                    single,
                    mode,
                    addresses,
                    routes,
                    ports,
                    redirect,
                    rxRing,
                    sharedTraffic,
                    owner);
        }
    }
}
