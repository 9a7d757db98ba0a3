package dev.qlease.netdev;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.NetdevAttributes.DevAttributes;
import dev.qlease.netdev.NetdevAttributes.LeaseAttributes;
import dev.qlease.netdev.NetdevAttributes.NapiAttributes;
import dev.qlease.netdev.NetdevAttributes.PagePoolAttributes;
import dev.qlease.netdev.NetdevAttributes.PagePoolStatsAttributes;
import dev.qlease.netdev.NetdevAttributes.QueueAttributes;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.Decoder;
import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.netlink.GenericFamily;
import dev.qlease.netlink.GenericNetlink;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.NetlinkSocket;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * The kernel's netdev family, in the namespace in which this was opened.
 *
 * <p>Owns a socket; closing this object closes it. Thread-safe. All methods that make a request throw {@link
 * UnsupportedException} if the kernel does not support the operation, {@link NetlinkException} if it refuses (ENODEV:
 * no device with that ifindex; EPERM: CAP_NET_ADMIN is required), and those that list throw {@link
 * DumpInterruptedException}.
 */
public final class Netdev implements AutoCloseable {
    /** The family's name. */
    static final String FAMILY = "netdev";

    private static final Decoder<Queue> QUEUE = decoder(NetdevOperations.QUEUE_GET, Queue::of);
    private static final Decoder<Napi> NAPI = decoder(NetdevOperations.NAPI_GET, Napi::of);

    private final GenericNetlink netlink;
    private final GenericFamily family;

    private Netdev(GenericNetlink netlink) {
        this.netlink = netlink;
        try {
            this.family = netlink.family(FAMILY);
        } catch (RuntimeException e) {
            netlink.close();
            throw e;
        }
    }

    /**
     * Opens the family in the calling thread's namespace.
     *
     * @throws UnsupportedException if the kernel does not have it; it came with Linux 6.3
     */
    public static Netdev open() {
        return open(NetworkNamespace.ofCaller());
    }

    /**
     * Opens the family in {@code namespace}.
     *
     * @throws UnsupportedException if the kernel does not have it; it came with Linux 6.3
     * @throws LinuxException EPERM if this process may not enter the namespace
     */
    public static Netdev open(NetworkNamespace namespace) {
        return new Netdev(GenericNetlink.open(namespace));
    }

    /** Returns the socket, which remains owned by this object; do not close it. */
    public NetlinkSocket socket() {
        return netlink.socket();
    }

    /** Returns whether the kernel supports {@code feature}. */
    public boolean has(NetdevFeature feature) {
        if (!family.has(feature.operation())) {
            return false;
        }
        return feature.path().length == 0
                || netlink.policy(family, feature.operation(), false).accepts(feature.path());
    }

    /**
     * Returns whether the kernel has an operation that creates queues, which came together with leasing. Known since
     * this object was opened, unlike {@link #has has(NetdevFeature.QUEUE_LEASE)}.
     */
    public boolean createsQueues() {
        return family.has(NetdevOperations.QUEUE_CREATE);
    }

    private Request request(Operation operation) {
        return family.request(netlink.socket(), operation);
    }

    private static <T> Decoder<T> decoder(Operation operation, Function<Attributes, T> record) {
        return message -> record.apply(message.attributes(operation.reply(), operation.headerSize()));
    }

    /** Lists all devices. */
    public List<Dev> devs() {
        return request(NetdevOperations.DEV_GET).dump(decoder(NetdevOperations.DEV_GET, Dev::of));
    }

    /** Returns one device. */
    public Dev dev(int ifindex) {
        return request(NetdevOperations.DEV_GET)
                .put(DevAttributes.IFINDEX, ifindex)
                .get(decoder(NetdevOperations.DEV_GET, Dev::of));
    }

    /** Lists the configured queues of all devices that are up. */
    public List<Queue> queues() {
        return request(NetdevOperations.QUEUE_GET).dump(QUEUE);
    }

    /**
     * Passes the queues that {@link #queues()} lists to {@code reader}, {@linkplain Request#forEach one by one as they
     * arrive}, possibly on another thread. The reader must not make requests on this object.
     *
     * @throws DumpInterruptedException without records, at the end, if the list changed: it is not read again
     */
    public void forEachQueue(Consumer<? super Queue> reader) {
        request(NetdevOperations.QUEUE_GET).forEach(QUEUE, reader);
    }

    /** Lists the configured queues of one device; none while it is down. */
    public List<Queue> queues(int ifindex) {
        return request(NetdevOperations.QUEUE_GET)
                .put(QueueAttributes.IFINDEX, ifindex)
                .dump(QUEUE);
    }

    /** Returns one queue. */
    public Queue queue(int ifindex, QueueId queue) {
        return request(NetdevOperations.QUEUE_GET)
                .put(QueueAttributes.IFINDEX, ifindex)
                .put(QueueAttributes.TYPE, queue.type().value())
                .put(QueueAttributes.ID, queue.id())
                .get(QUEUE);
    }

    /** Lists the NAPI instances of all devices that are up. */
    public List<Napi> napis() {
        return request(NetdevOperations.NAPI_GET).dump(NAPI);
    }

    /**
     * Passes the instances that {@link #napis()} lists to {@code reader}, {@linkplain Request#forEach one by one as
     * they arrive}, possibly on another thread. The reader must not make requests on this object.
     *
     * @throws DumpInterruptedException without records, at the end, if the list changed: it is not read again
     */
    public void forEachNapi(Consumer<? super Napi> reader) {
        request(NetdevOperations.NAPI_GET).forEach(NAPI, reader);
    }

    /** Lists the NAPI instances of one device; none while it is down. */
    public List<Napi> napis(int ifindex) {
        return request(NetdevOperations.NAPI_GET)
                .put(NapiAttributes.IFINDEX, ifindex)
                .dump(NAPI);
    }

    /** Returns one NAPI instance, by {@link Napi#id()}. */
    public Napi napi(int id) {
        return request(NetdevOperations.NAPI_GET).put(NapiAttributes.ID, id).get(NAPI);
    }

    /** Changes a NAPI instance. Requires CAP_NET_ADMIN. */
    public void setNapi(int id, NapiSettings settings) {
        Request request = request(NetdevOperations.NAPI_SET).put(NapiAttributes.ID, id);
        settings.deferHardIrqs().ifPresent(polls -> request.put(NapiAttributes.DEFER_HARD_IRQS, polls));
        settings.groFlushTimeout().ifPresent(nanos -> request.put(NapiAttributes.GRO_FLUSH_TIMEOUT, nanos));
        settings.irqSuspendTimeout().ifPresent(nanos -> request.put(NapiAttributes.IRQ_SUSPEND_TIMEOUT, nanos));
        settings.threaded().ifPresent(mode -> request.put(NapiAttributes.THREADED, mode.value()));
        request.execute();
    }

    /** Lists the page pools of all devices, and those of removed devices whose pages are still in use. */
    public List<PagePool> pagePools() {
        return request(NetdevOperations.PAGE_POOL_GET).dump(decoder(NetdevOperations.PAGE_POOL_GET, PagePool::of));
    }

    /**
     * Passes the pools that {@link #pagePools()} lists to {@code reader}, {@linkplain Request#forEach one by one as
     * they arrive}, possibly on another thread. The reader must not make requests on this object.
     *
     * @throws DumpInterruptedException without records, at the end, if the list changed: it is not read again
     */
    public void forEachPagePool(Consumer<? super PagePool> reader) {
        request(NetdevOperations.PAGE_POOL_GET).forEach(decoder(NetdevOperations.PAGE_POOL_GET, PagePool::of), reader);
    }

    /** Lists the page pools of one device. */
    public List<PagePool> pagePools(int ifindex) {
        // Filtered here: kernels from before the filter was added refuse a dump that requests it.
        return of(ifindex, pagePools(), pool -> pool.ifindex().orElse(0));
    }

    /** Returns one page pool, by {@link PagePool#id()}. */
    public PagePool pagePool(long id) {
        return request(NetdevOperations.PAGE_POOL_GET)
                .put(PagePoolAttributes.ID, id)
                .get(decoder(NetdevOperations.PAGE_POOL_GET, PagePool::of));
    }

    /** Lists the statistics of all page pools. */
    public List<PagePoolStats> pagePoolStats() {
        return request(NetdevOperations.PAGE_POOL_STATS_GET)
                .dump(decoder(NetdevOperations.PAGE_POOL_STATS_GET, PagePoolStats::of));
    }

    /** Lists the statistics of the page pools of one device. */
    public List<PagePoolStats> pagePoolStats(int ifindex) {
        return of(ifindex, pagePoolStats(), stats -> stats.info().ifindex().orElse(0));
    }

    /** Returns the statistics of one page pool, by {@link PagePool#id()}. */
    public PagePoolStats pagePoolStatsOf(long id) {
        return request(NetdevOperations.PAGE_POOL_STATS_GET)
                .begin(PagePoolStatsAttributes.INFO)
                .put(PagePoolAttributes.ID, id)
                .end()
                .get(decoder(NetdevOperations.PAGE_POOL_STATS_GET, PagePoolStats::of));
    }

    private static <T> List<T> of(int ifindex, List<T> all, ToIntFunction<T> device) {
        return all.stream().filter(one -> device.applyAsInt(one) == ifindex).toList();
    }

    /** Lists the statistics of each device whose driver keeps any. */
    public List<QStats> stats() {
        return request(NetdevOperations.QSTATS_GET).dump(decoder(NetdevOperations.QSTATS_GET, QStats::of));
    }

    /** Returns the statistics of one device. */
    public List<QStats> stats(int ifindex) {
        return request(NetdevOperations.QSTATS_GET)
                .put(QStatsAttributes.IFINDEX, ifindex)
                .dump(decoder(NetdevOperations.QSTATS_GET, QStats::of));
    }

    /** Lists the statistics of each queue of the devices whose drivers keep any. */
    public List<QStats> queueStats() {
        return request(NetdevOperations.QSTATS_GET)
                .put(QStatsAttributes.SCOPE, QStatsAttributes.SCOPE_QUEUE)
                .dump(decoder(NetdevOperations.QSTATS_GET, QStats::of));
    }

    /** Lists the statistics of each queue of one device. */
    public List<QStats> queueStats(int ifindex) {
        return request(NetdevOperations.QSTATS_GET)
                .put(QStatsAttributes.IFINDEX, ifindex)
                .put(QStatsAttributes.SCOPE, QStatsAttributes.SCOPE_QUEUE)
                .dump(decoder(NetdevOperations.QSTATS_GET, QStats::of));
    }

    /**
     * Leases a physical receive queue to the virtual device {@code ifindex}, which gets a new queue for it. Requires
     * CAP_NET_ADMIN in the initial user namespace. A lease cannot be revoked: it ends with the virtual device.
     *
     * @param ifindex a netkit device of this namespace that was created with a spare receive queue
     * @param lease the physical device, its queue, and the id of its namespace as seen from this one, empty for this
     *     one
     * @return the number of the new queue
     */
    public int createQueue(int ifindex, Lease lease) {
        Request request = request(NetdevOperations.QUEUE_CREATE)
                .put(QueueAttributes.IFINDEX, ifindex)
                .put(QueueAttributes.TYPE, lease.queue().type().value())
                .begin(QueueAttributes.LEASE)
                .put(LeaseAttributes.IFINDEX, lease.ifindex());
        lease.netnsId().ifPresent(id -> request.put(LeaseAttributes.NETNS_ID, id));
        request.begin(LeaseAttributes.QUEUE);
        lease.queue().put(request);
        return request.end().end().get(decoder(NetdevOperations.QUEUE_CREATE, reply -> reply.get(QueueAttributes.ID)));
    }

    /** Closes the socket. Idempotent. */
    @Override
    public void close() {
        netlink.close();
    }
}
