package dev.qlease.node.dra;

import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The networks from which this node's pods get addresses, each of which no other node may have. The first address of a
 * network is left for its router. Immutable.
 */
final class AddressPools {
    /** The most addresses of a pool that are tried; more than a node has pods. */
    private static final int MOST_TRIED = 1 << 16;

    private final List<IpPrefix> pools;

    private AddressPools(List<IpPrefix> pools) {
        this.pools = pools;
    }

    /**
     * Reads pools.
     *
     * @param text networks such as {@code 198.51.100.0/24}, separated by commas or spaces; can be empty
     * @throws DraException if one is invalid
     */
    static AddressPools parse(String text) {
        List<IpPrefix> pools = new ArrayList<>();
        for (String word : text.split("[\\s,]+", -1)) {
            if (!word.isEmpty()) {
                pools.add(pool(word));
            }
        }
        return new AddressPools(List.copyOf(pools));
    }

    private static IpPrefix pool(String word) {
        IpPrefix pool;
        try {
            pool = IpPrefix.parse(word);
        } catch (IllegalArgumentException e) {
            throw new DraException("address pool \"" + word + "\": " + e.getMessage(), e);
        }
        if (!pool.equals(pool.network()) || pool.address().bits() - pool.length() < 2) {
            throw new DraException(
                    "address pool " + word + " is not a network of at least 4 addresses, such as " + "198.51.100.0/24");
        }
        return pool;
    }

    boolean isEmpty() {
        return pools.isEmpty();
    }

    /** Returns whether an address is from a pool. */
    boolean contains(IpAddress address) {
        return pools.stream().anyMatch(pool -> pool.contains(address));
    }

    /**
     * Returns a free address of each pool, with the pool's prefix length.
     *
     * @param taken the addresses that are in use
     * @throws DraException if a pool has no free address
     */
    List<String> assign(Set<IpAddress> taken) {
        return pools.stream().map(pool -> free(pool, taken).toString()).toList();
    }

    private static IpPrefix free(IpPrefix pool, Set<IpAddress> taken) {
        BigInteger first = new BigInteger(1, pool.address().bytes());
        BigInteger size = BigInteger.ONE.shiftLeft(pool.address().bits() - pool.length());
        // Not the network's own address, its router's, and the broadcast address.
        int tries = size.subtract(BigInteger.valueOf(3))
                .min(BigInteger.valueOf(MOST_TRIED))
                .intValue();
        for (int i = 0; i < tries; i++) {
            IpAddress address = address(
                    first.add(BigInteger.valueOf(i + 2L)), pool.address().bits());
            if (!taken.contains(address)) {
                return new IpPrefix(address, pool.length());
            }
        }
        throw new DraException("address pool " + pool + " has no free address");
    }

    private static IpAddress address(BigInteger number, int bits) {
        byte[] bytes = new byte[bits / Byte.SIZE];
        byte[] significant = number.toByteArray();
        int length = Math.min(significant.length, bytes.length);
        System.arraycopy(significant, significant.length - length, bytes, bytes.length - length, length);
        return IpAddress.of(bytes);
    }

    /** Returns the addresses among texts with or without prefix lengths. */
    static Optional<IpAddress> addressOf(String text) {
        try {
            return Optional.of(IpPrefix.parse(text).address());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
