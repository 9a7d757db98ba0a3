package dev.qlease.bpf;

import dev.qlease.netlink.IpAddress;
import java.util.List;

/**
 * The policy for the packets that the guest of a lease may send and receive.
 *
 * @param addresses the guest's own addresses, 1 to 1,000: the sources of packets that it sends and the destinations of
 *     packets that it receives
 * @param reachable the networks with which it may exchange packets, the host's addresses included, at most 500; empty
 *     for all
 * @param hostAddresses addresses of the host, at most 1,000: packets to them are passed to the host's stack and do not
 *     leave through the NIC. An address that the host gets later is reached through the NIC like any other
 * @param refused networks and addresses to which the guest may send nothing, at most 1,000, such as the broadcast
 *     addresses of the host's networks: the host's stack would deliver such packets locally
 */
public record GuestPolicy(
        List<IpAddress> addresses, List<Network> reachable, List<IpAddress> hostAddresses, List<Network> refused) {
    private static final int MOST_ADDRESSES = 1000;
    private static final int MOST_NETWORKS = 500;

    /**
     * A network: all addresses with the same leading bits.
     *
     * @param address any of them; the bits after the leading ones are ignored
     * @param length the number of leading bits: 0 to the address's {@link IpAddress#bits()}
     */
    public record Network(IpAddress address, int length) {
        /** Checks the length. */
        public Network {
            if (length < 0 || length > address.bits()) {
                throw new IllegalArgumentException(
                        "a network of " + address + " has 0 to " + address.bits() + " leading bits, not " + length);
            }
        }
    }

    /** Copies the lists and checks their sizes. */
    public GuestPolicy {
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("a guest has at least one address");
        }
        addresses = checked(addresses, MOST_ADDRESSES, "addresses of a guest");
        reachable = checked(reachable, MOST_NETWORKS, "networks that a guest reaches");
        hostAddresses = checked(hostAddresses, MOST_ADDRESSES, "addresses of the host");
        refused = checked(refused, MOST_ADDRESSES, "networks that are refused to a guest");
        if (!uses(addresses, reachable, false) && !uses(addresses, reachable, true)) {
            throw new IllegalArgumentException("a guest with the addresses " + addresses + " reaches none of "
                    + reachable + ": give it an address of that family");
        }
    }

    /** Creates a policy that refuses no destinations beyond those that are refused to every guest. */
    public GuestPolicy(List<IpAddress> addresses, List<Network> reachable, List<IpAddress> hostAddresses) {
        this(addresses, reachable, hostAddresses, List.of());
    }

    private static <T> List<T> checked(List<T> values, int most, String what) {
        if (values.size() > most) {
            throw new IllegalArgumentException(
                    "a guest's policy has at most " + most + " " + what + ", not " + values.size());
        }
        return List.copyOf(values);
    }

    /** Returns a policy that lets the guest reach everything and contains no address of the host. */
    public static GuestPolicy of(List<IpAddress> addresses) {
        return new GuestPolicy(addresses, List.of(), List.of());
    }

    /** Returns whether the guest has addresses of the family and may reach anything with them. */
    boolean uses(boolean ipv6) {
        return uses(addresses, reachable, ipv6);
    }

    private static boolean uses(List<IpAddress> addresses, List<Network> reachable, boolean ipv6) {
        return addresses.stream().anyMatch(address -> address.isIpv6() == ipv6)
                && (reachable.isEmpty()
                        || reachable.stream()
                                .anyMatch(network -> network.address().isIpv6() == ipv6));
    }
}
