package dev.qlease.metrics;

import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.Leases;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.rtnetlink.Link;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Reads samples. Each part is one dump of the kernel's, except for the leases, which are verified one by one, and the
 * counters of their guests. Owns its sockets and a descriptor of the namespace. Not thread-safe.
 */
public final class Sampler implements AutoCloseable {
    /** The largest number of records in a part; more are omitted, and the part fails. */
    static final int MOST_RECORDS = 16_384;

    private static final String TAG = "qlease:";

    private final NamespaceSockets sockets;
    private final Leases leases;
    private final OptionalInt ifindex;

    private Sampler(NamespaceSockets sockets, Leases leases, OptionalInt ifindex) {
        this.sockets = sockets;
        this.leases = leases;
        this.ifindex = ifindex;
    }

    /**
     * Opens a sampler.
     *
     * @param namespace the namespace of the NICs, which remains owned by the caller
     * @param ifindex the only device to sample; empty for all
     */
    public static Sampler open(NetworkNamespace namespace, OptionalInt ifindex) {
        return new Sampler(NamespaceSockets.of(namespace), Leases.open(namespace), ifindex);
    }

    /** Reads a sample. Returns normally even if no part can be read. */
    public Sample sample() {
        Instant time = Instant.now();
        long start = System.nanoTime();
        Part<Link> links = read(Source.LINKS, () -> sockets.rtnetlink().links().list(), _ -> true);
        Part<LeaseInfo> known = read(Source.LEASES, leases::list, lease -> isWanted(lease.nicIfindex()));
        Sample sample = new Sample(
                time,
                Duration.ZERO,
                ifindex,
                links,
                read(Source.QUEUES, () -> sockets.netdev().queues(), queue -> isWanted(queue.ifindex())),
                read(Source.QUEUE_STATS, () -> sockets.netdev().queueStats(), stats -> isWanted(stats.ifindex())),
                read(Source.DEVICE_STATS, () -> sockets.netdev().stats(), stats -> isWanted(stats.ifindex())),
                read(
                        Source.PAGE_POOLS,
                        () -> sockets.netdev().pagePools(),
                        pool -> isWanted(pool.ifindex().orElse(0))),
                read(
                        Source.PAGE_POOL_STATS,
                        () -> sockets.netdev().pagePoolStats(),
                        pool -> isWanted(pool.info().ifindex().orElse(0))),
                known,
                read(Source.GUESTS, () -> guests(known.records(), links.records()), _ -> true));
        return took(sample, Duration.ofNanos(System.nanoTime() - start));
    }

    private static Sample took(Sample sample, Duration took) {
        return new Sample(
                sample.time(),
                took,
                sample.ifindex(),
                sample.links(),
                sample.queues(),
                sample.queueStats(),
                sample.deviceStats(),
                sample.pagePools(),
                sample.pagePoolStats(),
                sample.leases(),
                sample.guests());
    }

    /**
     * Reads one part; whatever fails, the others are read all the same.
     *
     * @param wanted a filter, applied here because older kernels refuse dumps of one device
     */
    static <T> Part<T> read(Source source, Supplier<List<T>> reading, Predicate<T> wanted) {
        List<T> records = List.of();
        Part.Outcome outcome = Part.Outcome.READ;
        Optional<String> problem = Optional.empty();
        try {
            records = reading.get();
        } catch (DumpInterruptedException e) {
            records = interrupted(e);
            outcome = Part.Outcome.FAILED;
            problem = Optional.of(sentence(e));
        } catch (UnsupportedException e) {
            outcome = Part.Outcome.UNSUPPORTED;
            problem = Optional.of(sentence(e));
        } catch (RuntimeException e) {
            outcome = Part.Outcome.FAILED;
            problem = Optional.of(sentence(e));
        }
        records = records.stream().filter(wanted).toList();
        if (records.size() > MOST_RECORDS) {
            outcome = Part.Outcome.FAILED;
            problem = Optional.of(source.text() + ": " + records.size() + " records are more than the " + MOST_RECORDS
                    + " that are shown: name a device");
            records = records.subList(0, MOST_RECORDS);
        }
        return new Part<>(source, System.nanoTime(), records, outcome, problem);
    }

    /** Returns what was read of a list that kept changing; its records are of the list's type. */
    @SuppressWarnings("unchecked")
    private static <T> List<T> interrupted(DumpInterruptedException e) {
        return (List<T>) e.records();
    }

    private static String sentence(RuntimeException e) {
        return Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
    }

    private boolean isWanted(int device) {
        return ifindex.isEmpty() || device == ifindex.getAsInt();
    }

    /**
     * Reads the counters of the guests' devices. The kernel names a guest's device as the peer of the host's end,
     * wherever the guest has moved it; listing the guest's links could take as long as the guest wants.
     */
    private List<GuestCounters> guests(List<LeaseInfo> all, List<Link> links) {
        Map<String, Link> hosts = new HashMap<>();
        for (Link link : links) {
            if (link.netkit().isPresent() && link.ifalias().isPresent()) {
                hosts.put(link.ifalias().get(), link);
            }
        }
        List<GuestCounters> counters = new ArrayList<>();
        for (LeaseInfo lease : all) {
            Link host = hosts.get(TAG + lease.id());
            if (host != null && host.link().isPresent()) {
                guest(host)
                        .flatMap(Link::stats64)
                        .ifPresent(stats -> counters.add(new GuestCounters(lease.id(), stats)));
            }
        }
        return counters;
    }

    private Optional<Link> guest(Link host) {
        int peer = host.link().orElseThrow();
        try {
            return Optional.of(
                    host.linkNetnsid().isPresent()
                            ? sockets.rtnetlink()
                                    .links()
                                    .get(peer, host.linkNetnsid().getAsInt())
                            : sockets.rtnetlink().links().get(peer));
        } catch (LinuxException e) {
            // Moved or deleted since the links were listed.
            if (e.is(Errno.ENODEV) || e.is(Errno.EINVAL)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Closes the sockets. Idempotent. */
    @Override
    public void close() {
        try (sockets) {
            leases.close();
        }
    }
}
