package dev.qlease.bpf;

import dev.qlease.linux.UnsupportedException;
import java.util.OptionalInt;

/**
 * The programs that confine the guest of a lease, whatever it sends, and that pass packets between it and the NIC. They
 * read only packet headers, so they also work if the payload is device memory. They serve netkit pairs of both modes:
 * in L3 mode, packets have an Ethernet header of zeros.
 *
 * <table>
 * <caption>Where they are attached</caption>
 * <tr><th>redirect</th><th>{@link AttachType#NETKIT_PEER}</th><th>{@link AttachType#NETKIT_PRIMARY}</th>
 * <th>{@link AttachType#TCX_INGRESS} of the NIC</th><th>{@link AttachType#NETFILTER}</th></tr>
 * <tr><td>BPF</td><td>{@link #fromGuestToNic}</td><td>{@link #toGuestFromStack}</td><td>{@link #toGuestFromWire}</td>
 * <td>none</td></tr>
 * <tr><td>forward</td><td>{@link #fromGuestToStack}</td><td>{@link #toGuestFromStack}</td><td>none</td>
 * <td>{@link ForwardGuard}</td></tr>
 * <tr><td>none</td><td>{@link #fromGuestToStack}</td><td>{@link #toGuestFromStack}</td><td>none</td><td>none</td></tr>
 * </table>
 *
 * <p>The verdicts of the netkit programs are final: neither the policies of the pair nor programs attached after them
 * change a verdict. So a pair whose policies drop packets passes nothing before the programs are attached or after they
 * are removed.
 *
 * <p>The guest may send IPv4 and IPv6 packets from its own addresses to unicast addresses that it may reach; ARP and
 * neighbour discovery about its own addresses, to the host only; and to the host, TCP, UDP and ICMP without IPv4
 * options or extension headers. Router discovery, redirects, multicast and VLAN tags never pass, nor do packets whose
 * pending checksum would be written into a header that was checked. Dropped packets are counted by {@link DropReason}
 * in the map that is passed for each program.
 */
public final class GuestPrograms {
    private GuestPrograms() {}

    /**
     * Returns the program for packets from the guest that go to the host's stack: it passes all that {@code policy}
     * permits.
     *
     * @param counters a map created by {@link DropReason#counters()}
     * @throws UnsupportedException if the kernel has no information about its types (CONFIG_DEBUG_INFO_BTF)
     */
    public static ProgramSpec fromGuestToStack(GuestPolicy policy, BpfMap counters) {
        return FromGuest.assemble(policy, OptionalInt.empty(), counters);
    }

    /**
     * Returns the program for packets from the guest that leave through the NIC, by bpf_redirect_neigh(), which finds
     * the next hop in the routes and neighbours of the NIC's namespace. Packets to {@link GuestPolicy#hostAddresses()},
     * ARP and neighbour discovery go to the host's stack.
     *
     * @param nicIfindex the NIC, in the namespace of the primary end
     * @param counters a map created by {@link DropReason#counters()}
     * @throws UnsupportedException if the kernel has no information about its types (CONFIG_DEBUG_INFO_BTF)
     */
    public static ProgramSpec fromGuestToNic(GuestPolicy policy, int nicIfindex, BpfMap counters) {
        return FromGuest.assemble(policy, OptionalInt.of(checked(nicIfindex)), counters);
    }

    /**
     * Returns the program for the ingress of the NIC: redirects packets for the guest's addresses to the guest, by
     * bpf_redirect_peer(). All other packets, neighbour discovery, packets with a link-local source and frames with a
     * VLAN tag pass to the programs after this one and to the stack.
     *
     * @param hostIfindex the primary end of the guest's netkit pair, in the NIC's namespace; the guest is in another
     * @param counters a map created by {@link DropReason#counters()}
     */
    public static ProgramSpec toGuestFromWire(GuestPolicy policy, int hostIfindex, BpfMap counters) {
        return ToGuest.fromWire(policy, checked(hostIfindex), counters);
    }

    /**
     * Returns the program for packets that the host's stack sends to the guest, whether forwarded or its own.
     *
     * @param counters a map created by {@link DropReason#counters()}
     */
    public static ProgramSpec toGuestFromStack(GuestPolicy policy, BpfMap counters) {
        return ToGuest.fromStack(policy, counters);
    }

    private static int checked(int ifindex) {
        if (ifindex <= 0) {
            throw new IllegalArgumentException("an ifindex is 1 or more, not " + ifindex);
        }
        return ifindex;
    }
}
