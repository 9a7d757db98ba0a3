package dev.qlease.cli.inspect;

import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.Table;
import dev.qlease.netdev.IoUringProvider;
import dev.qlease.netdev.Lease;
import dev.qlease.netdev.Napi;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.PagePool;
import dev.qlease.netdev.PagePoolStats;
import dev.qlease.netdev.QStats;
import dev.qlease.netdev.Queue;
import dev.qlease.netlink.NamedValue;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkXdp;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** The lists that the command prints, with their columns. */
public final class Listings {
    public static final Listing<Queue> QUEUES = Listing.table(
            "queues: only devices that are up have them",
            target -> of(target, Netdev::queues, Netdev::queues),
            target -> devices(target, Queue::ifindex, new Table<Queue>())
                    .text("type", queue -> queue.type().text())
                    .number("id", queue -> Integer.toString(queue.id()))
                    .number("napi-id", queue -> text(queue.napiId()))
                    .text("memory", Listings::memory)
                    .text(
                            "lease",
                            queue -> queue.lease()
                                    .map(lease -> lease(target, lease))
                                    .orElse("")));

    public static final Listing<Napi> NAPIS = Listing.table(
            "NAPI instances: only devices that are up have them",
            target -> of(target, Netdev::napis, Netdev::napis),
            target -> devices(target, Napi::ifindex, new Table<Napi>())
                    .number("id", napi -> Integer.toString(napi.id()))
                    .number("irq", napi -> text(napi.irq()))
                    .number("pid", napi -> text(napi.pid()))
                    .text("threaded", napi -> named(napi.threaded()))
                    .number("defer-hard-irqs", napi -> text(napi.deferHardIrqs()))
                    .number("gro-flush-timeout", napi -> text(napi.groFlushTimeout()))
                    .number("irq-suspend-timeout", napi -> text(napi.irqSuspendTimeout())));

    public static final Listing<PagePool> PAGE_POOLS = Listing.table(
            "page pools",
            target -> of(target, Netdev::pagePools, Netdev::pagePools),
            target -> devices(target, pool -> pool.ifindex().orElse(0), new Table<PagePool>())
                    .number("id", pool -> Long.toUnsignedString(pool.id()))
                    .number("napi-id", pool -> text(pool.napiId()))
                    .number("inflight", pool -> Long.toUnsignedString(pool.inflight()))
                    .number("inflight-mem", pool -> Long.toUnsignedString(pool.inflightMem()))
                    .number("detach-time", pool -> text(pool.detachTime()))
                    .text("memory", pool -> memory(pool.dmabuf(), pool.ioUring(), false)));

    public static final Listing<PagePoolStats> PAGE_POOL_STATS = new Listing<>(
            "page pools with statistics",
            target -> of(target, Netdev::pagePoolStats, Netdev::pagePoolStats),
            target -> pools -> devices(target, Counter<PagePoolStats>::ifindex, new Table<Counter<PagePoolStats>>())
                    .number(
                            "id",
                            counter -> Long.toUnsignedString(counter.of().info().id()))
                    .text("counter", Counter::name)
                    .number("value", Counter::value)
                    .format(Counter.of(pools, pool -> pool.info().ifindex().orElse(0))));

    public static final Listing<QStats> STATS = new Listing<>(
            "statistics: no driver here keeps any",
            target -> of(target, Netdev::stats, Netdev::stats),
            target -> stats -> counters(target, stats));

    public static final Listing<QStats> QUEUE_STATS = new Listing<>(
            "statistics: no driver here keeps any",
            target -> of(target, Netdev::queueStats, Netdev::queueStats),
            target -> stats -> counters(target, stats));

    public static final Listing<Link> LINKS = Listing.table(
            "links",
            target -> target.link()
                    .map(List::of)
                    .orElseGet(() -> target.rtnetlink().links().list()),
            target -> new Table<Link>()
                    .number("ifindex", link -> Integer.toString(link.ifindex()))
                    .text("ifname", Link::ifname)
                    .text("kind", link -> link.kind().orElse(""))
                    .text("operstate", link -> named(link.operstate()))
                    .number("mtu", link -> text(link.mtu()))
                    .text(
                            "address",
                            link -> link.address().map(Object::toString).orElse(""))
                    .number("rx", link -> text(link.numRxQueues()))
                    .number("tx", link -> text(link.numTxQueues()))
                    .text("link", link -> peer(target, link))
                    .text("xdp", link -> xdp(link.xdp()))
                    .text("netkit", link -> link.netkit().map(Listings::netkit).orElse(""))
                    .text("alt-ifname", link -> String.join(",", link.altIfname())));

    private Listings() {}

    /** Returns the records of the device that was named, or of all. */
    private static <T> List<T> of(Target target, Function<Netdev, List<T>> all, OfOne<T> one) {
        return target.ifindex().isPresent()
                ? one.apply(target.netdev(), target.ifindex().getAsInt())
                : all.apply(target.netdev());
    }

    /** A request about one device. */
    @FunctionalInterface
    private interface OfOne<T> {
        List<T> apply(Netdev netdev, int ifindex);
    }

    private static <T> Table<T> devices(Target target, ToIntFunction<T> ifindex, Table<T> table) {
        return table.number("ifindex", row -> ifindex.applyAsInt(row) == 0 ? "" : "" + ifindex.applyAsInt(row))
                .text("ifname", row -> target.name(ifindex.applyAsInt(row)).orElse(""));
    }

    private static String counters(Target target, List<QStats> stats) {
        return devices(target, Counter<QStats>::ifindex, new Table<Counter<QStats>>())
                .text("type", counter -> named(counter.of().queueType()))
                .number("id", counter -> text(counter.of().queueId()))
                .text("counter", Counter::name)
                .number("value", Counter::value)
                .format(Counter.of(stats, QStats::ifindex));
    }

    private static String memory(Queue queue) {
        return memory(queue.dmabuf(), queue.ioUring(), queue.xsk().isPresent());
    }

    private static String memory(OptionalInt dmabuf, Optional<IoUringProvider> ioUring, boolean xsk) {
        StringJoiner memory = new StringJoiner(",");
        dmabuf.ifPresent(id -> memory.add("dmabuf:" + id));
        ioUring.ifPresent(_ -> memory.add("io-uring"));
        if (xsk) {
            memory.add("xsk");
        }
        return memory.toString();
    }

    /** Formats the other end of a lease: device and queue, and the namespace if it is another one. */
    private static String lease(Target target, Lease lease) {
        String queue = lease.queue().type().text() + "-" + lease.queue().id();
        if (lease.netnsId().isPresent()) {
            return "ifindex:" + lease.ifindex() + "," + queue + ",netns-id:"
                    + lease.netnsId().getAsInt();
        }
        return target.name(lease.ifindex()).orElse("ifindex:" + lease.ifindex()) + "," + queue;
    }

    /** Formats the lower device or peer of {@code link}. */
    private static String peer(Target target, Link link) {
        if (link.link().isEmpty()) {
            return "";
        }
        int ifindex = link.link().getAsInt();
        if (link.linkNetnsid().isPresent()) {
            return "ifindex:" + ifindex + ",netns-id:" + link.linkNetnsid().getAsInt();
        }
        return target.name(ifindex).orElse("ifindex:" + ifindex);
    }

    private static String xdp(Optional<LinkXdp> xdp) {
        return xdp.flatMap(LinkXdp::attached)
                .filter(attached -> attached.number() != 0)
                .map(NamedValue::text)
                .orElse("");
    }

    private static String netkit(dev.qlease.rtnetlink.LinkKind.Netkit netkit) {
        String end = netkit.primary() ? "primary" : "peer";
        return netkit.mode().map(mode -> mode.text() + "," + end).orElse(end);
    }

    private static String named(Optional<? extends NamedValue> value) {
        return value.map(NamedValue::text).orElse("");
    }

    private static String text(OptionalInt number) {
        return number.isPresent() ? Integer.toString(number.getAsInt()) : "";
    }

    private static String text(OptionalLong number) {
        return number.isPresent() ? Long.toUnsignedString(number.getAsLong()) : "";
    }
}
