package dev.qlease.bpf;

import java.util.EnumMap;
import java.util.Map;

/**
 * The reason why a program of {@link GuestPrograms} or {@link ForwardGuard} dropped a packet; each has a counter in the
 * map that {@link #counters()} creates. A pinned map may outlive the version of qlease that created it, so keys never
 * change their meaning.
 */
public enum DropReason {
    /** From the guest, with a VLAN tag. */
    VLAN(0, "from the guest: frames with a VLAN tag"),

    /** From the guest, with an unsupported EtherType, or with a protocol that differs from the frame's EtherType. */
    ETHERTYPE(1, "from the guest: neither IPv4 nor IPv6 nor ARP"),

    /** From the guest, too short for its headers or with inconsistent lengths. */
    MALFORMED(2, "from the guest: malformed headers"),

    /** From the guest, with a source address that is not the lease's. */
    SOURCE(3, "from the guest: source address not the lease's"),

    /** From the guest, to a destination outside the lease's routes. */
    UNREACHABLE(4, "from the guest: destination outside the lease's routes"),

    /** From the guest, to an address that no unicast packet on the wire can have. */
    SPECIAL_DESTINATION(5, "from the guest: multicast, broadcast, loopback, link-local or unspecified destination"),

    /** From the guest, an ARP message about an address that is not the lease's. */
    ARP(6, "from the guest: ARP for addresses not the lease's"),

    /**
     * From the guest, router discovery, redirects, multicast listener reports, or neighbour discovery for addresses
     * that are not the lease's.
     */
    DISCOVERY(7, "from the guest: router or neighbour discovery, redirects, multicast listener messages"),

    /** From the guest, ICMPv6 after an extension header, or more extension headers than are examined. */
    EXTENSION(8, "from the guest: ICMPv6 behind extension headers"),

    /** From the guest to the host, with a protocol other than TCP, UDP and ICMP, IPv4 options or extension headers. */
    HOST_PROTOCOL(9, "from the guest to the host: other than plain TCP, UDP or ICMP"),

    /** From the guest, longer than the NIC's MTU. */
    TOO_LONG(10, "from the guest: longer than the NIC's MTU"),

    /** From the guest, forwarded by the host to a network that is neither the NIC's nor another lease's. */
    FORWARDED_FROM_GUEST(11, "from the guest: routed to another network of the host"),

    /** From the NIC, forwarded by the host to a network that is not a lease's. */
    FORWARDED_FROM_NIC(12, "from the NIC: routed to another network of the host"),

    /** To the guest, for an address that is not its own. */
    TO_GUEST_DESTINATION(13, "to the guest: destination address not the lease's"),

    /** To the guest, from a source outside the lease's routes. */
    TO_GUEST_UNREACHABLE(14, "to the guest: source outside the lease's routes"),

    /** To the guest, of an unsupported protocol, or neighbour discovery for addresses that are not its own. */
    TO_GUEST_PROTOCOL(15, "to the guest: neither IPv4, IPv6, ARP nor neighbour discovery for its addresses"),

    /** To the guest, forwarded by the host from a network that is neither its NIC's nor another lease's. */
    FORWARDED_TO_GUEST(16, "to the guest: routed from another network of the host");

    private static final String MAP = "qlease_drops";

    private final int key;
    private final String text;

    DropReason(int key, String text) {
        this.key = key;
        this.text = text;
    }

    /** Returns the key of its counter. */
    public int key() {
        return key;
    }

    /** Returns a description of the dropped packets. */
    public String text() {
        return text;
    }

    /** Creates a map with a counter for each reason; the caller closes it. */
    public static BpfMap counters() {
        return BpfMap.array(MAP, values().length);
    }

    /** Returns the packets dropped so far, by reason; reasons for which {@code counters} has no counter are omitted. */
    public static Map<DropReason, Long> read(BpfMap counters) {
        Map<DropReason, Long> counts = new EnumMap<>(DropReason.class);
        for (DropReason reason : values()) {
            counters.get(reason.key()).ifPresent(count -> counts.put(reason, count));
        }
        return counts;
    }
}
