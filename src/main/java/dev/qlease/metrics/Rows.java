package dev.qlease.metrics;

import dev.qlease.netdev.PagePool;
import dev.qlease.netdev.PagePoolStats;
import dev.qlease.netdev.QStats;
import dev.qlease.netdev.Queue;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkStats;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The records of a sample, related to each other. Queues are only those of devices that have something to show:
 * counters, leases, memory bound to a queue, page pools, or a bus that they are on; a host may have thousands of others
 * for its containers.
 *
 * @param leases the leases, sorted by name
 * @param queues the queues, sorted by device, type and number
 * @param bindings the dma-buf bindings, sorted by device and number
 * @param pools the page pools, sorted by device and number
 */
public record Rows(
        List<Row.OfLease> leases, List<Row.OfQueue> queues, List<Row.OfBinding> bindings, List<Row.OfPool> pools) {
    /** Keeps copies of the lists. */
    public Rows {
        leases = List.copyOf(leases);
        queues = List.copyOf(queues);
        bindings = List.copyOf(bindings);
        pools = List.copyOf(pools);
    }

    /** Relates the records of {@code sample}. */
    public static Rows of(Sample sample) {
        Map<Integer, Device> devices = devices(sample);
        List<Row.OfQueue> queues = queues(sample, devices);
        List<Row.OfPool> pools = pools(sample, devices);
        return new Rows(leases(sample), queues, bindings(sample, queues, pools), pools);
    }

    /** Returns all rows. */
    public Stream<Row> all() {
        return Stream.of(leases, queues, bindings, pools).flatMap(List::stream);
    }

    /** Returns the devices of {@code sample} by ifindex. */
    static Map<Integer, Device> devices(Sample sample) {
        Map<Integer, Device> devices = new HashMap<>();
        sample.links().records().forEach(link -> devices.put(link.ifindex(), Device.of(link.ifindex(), link)));
        return devices;
    }

    static Device device(Map<Integer, Device> devices, int ifindex) {
        Device known = devices.get(ifindex);
        return known != null ? known : Device.of(ifindex, null);
    }

    private static List<Row.OfLease> leases(Sample sample) {
        Map<String, LinkStats> guests = new HashMap<>();
        sample.guests().records().forEach(guest -> guests.put(guest.lease(), guest.stats()));
        return sample.leases().records().stream()
                .map(lease -> new Row.OfLease(
                        lease,
                        Counters.of(lease, guests.get(lease.id())),
                        sample.guests().nanos()))
                .sorted(Comparator.comparing(Row::name).thenComparing(Row::identity))
                .toList();
    }

    private static List<Row.OfQueue> queues(Sample sample, Map<Integer, Device> devices) {
        Map<String, QStats> stats = new HashMap<>();
        for (QStats each : sample.queueStats().records()) {
            if (each.queueType().isPresent() && each.queueId().isPresent()) {
                stats.put(
                        key(
                                each.ifindex(),
                                each.queueType().get().value(),
                                each.queueId().getAsInt()),
                        each);
            }
        }
        Set<Integer> shown = shown(sample);
        return sample.queues().records().stream()
                .filter(queue -> shown.contains(queue.ifindex()))
                .map(queue -> new Row.OfQueue(
                        device(devices, queue.ifindex()),
                        queue,
                        Counters.of(stats.get(key(queue.ifindex(), queue.type().value(), queue.id()))),
                        sample.queueStats().nanos()))
                .sorted(Comparator.comparing(Row.OfQueue::name)
                        .thenComparingInt(row -> row.device().ifindex())
                        .thenComparingInt(row -> row.queue().type().value())
                        .thenComparingInt(row -> row.queue().id()))
                .toList();
    }

    private static String key(int ifindex, int type, int id) {
        return ifindex + " " + type + " " + id;
    }

    /** Returns the devices whose queues are shown. */
    private static Set<Integer> shown(Sample sample) {
        Set<Integer> shown = new HashSet<>();
        sample.ifindex().ifPresent(shown::add);
        sample.deviceStats().records().forEach(stats -> shown.add(stats.ifindex()));
        sample.queueStats().records().forEach(stats -> shown.add(stats.ifindex()));
        sample.pagePools().records().forEach(pool -> pool.ifindex().ifPresent(shown::add));
        for (Link link : sample.links().records()) {
            if (link.parentDevName().isPresent()) {
                shown.add(link.ifindex());
            }
        }
        for (Queue queue : sample.queues().records()) {
            if (new Row.OfQueue(Device.REMOVED, queue, Counters.NONE, 0).state() != Row.OfQueue.State.FREE) {
                shown.add(queue.ifindex());
            }
        }
        return shown;
    }

    private static List<Row.OfPool> pools(Sample sample, Map<Integer, Device> devices) {
        Map<Long, PagePoolStats> stats = new HashMap<>();
        sample.pagePoolStats().records().forEach(each -> stats.put(each.info().id(), each));
        return sample.pagePools().records().stream()
                .map(pool -> new Row.OfPool(
                        device(devices, pool.ifindex().orElse(0)),
                        pool,
                        Optional.ofNullable(stats.get(pool.id())),
                        Counters.of(stats.get(pool.id())),
                        sample.pagePoolStats().nanos()))
                .sorted(Comparator.comparing(Row.OfPool::name)
                        .thenComparing(row -> row.pool().id(), Long::compareUnsigned))
                .toList();
    }

    private static List<Row.OfBinding> bindings(Sample sample, List<Row.OfQueue> queues, List<Row.OfPool> pools) {
        Map<Integer, List<Row.OfQueue>> byId = new TreeMap<>();
        for (Row.OfQueue row : queues) {
            row.queue()
                    .dmabuf()
                    .ifPresent(id ->
                            byId.computeIfAbsent(id, _ -> new ArrayList<>()).add(row));
        }
        List<Row.OfBinding> bindings = new ArrayList<>();
        byId.forEach((id, bound) -> {
            List<PagePool> used = pools.stream()
                    .map(Row.OfPool::pool)
                    .filter(pool -> pool.dmabuf().isPresent() && pool.dmabuf().getAsInt() == id)
                    .toList();
            bindings.add(new Row.OfBinding(
                    id,
                    bound.getFirst().device(),
                    bound.stream().map(row -> row.queue().id()).toList(),
                    sum(used, pool -> OptionalLong.of(pool.inflight())),
                    sum(used, pool -> OptionalLong.of(pool.inflightMem())),
                    sum(bound),
                    sample.queueStats().nanos()));
        });
        bindings.sort(Comparator.comparing(Row.OfBinding::name).thenComparingInt(Row.OfBinding::id));
        return bindings;
    }

    private static Counters sum(List<Row.OfQueue> queues) {
        List<Counters> all = queues.stream().map(Row.OfQueue::counters).toList();
        return new Counters(
                sum(all, Counters::rxPackets),
                sum(all, Counters::rxBytes),
                sum(all, Counters::txPackets),
                sum(all, Counters::txBytes),
                sum(all, Counters::allocFail),
                sum(all, Counters::drops),
                OptionalLong.empty());
    }

    /** Returns the sum of a number; empty if none of {@code all} has it. */
    private static <T> OptionalLong sum(List<T> all, Function<T, OptionalLong> number) {
        return all.stream()
                .map(number)
                .filter(OptionalLong::isPresent)
                .mapToLong(OptionalLong::getAsLong)
                .reduce(Long::sum);
    }
}
