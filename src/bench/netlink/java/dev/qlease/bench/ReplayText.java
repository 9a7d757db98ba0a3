package dev.qlease.bench;

import dev.qlease.netdev.Napi;
import dev.qlease.netdev.NapiThreaded;
import dev.qlease.netdev.PagePool;
import dev.qlease.netdev.Queue;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkStats;
import dev.qlease.rtnetlink.OperState;
import dev.qlease.rtnetlink.Route;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/** Records as replay.c prints them. */
final class ReplayText {
    private final StringBuilder text = new StringBuilder();

    private ReplayText() {}

    private ReplayText put(String name, Object value) {
        text.append(text.isEmpty() ? "" : " ").append(name).append('=').append(value);
        return this;
    }

    private ReplayText put(String name, OptionalInt value) {
        return value.isPresent() ? put(name, Integer.toUnsignedString(value.getAsInt())) : this;
    }

    private ReplayText put(String name, OptionalLong value) {
        return value.isPresent() ? put(name, Long.toUnsignedString(value.getAsLong())) : this;
    }

    private ReplayText hex(String name, Optional<byte[]> value) {
        return put(name, value.map(HexFormat.of()::formatHex).orElse(""));
    }

    static String of(Queue queue) {
        return new ReplayText()
                .put("id", queue.id())
                .put("type", queue.type().value())
                .put("ifindex", queue.ifindex())
                .put("napi_id", queue.napiId())
                .put("dmabuf", queue.dmabuf())
                .text
                .toString();
    }

    static String of(Napi napi) {
        return new ReplayText()
                .put("id", napi.id())
                .put("ifindex", napi.ifindex())
                .put("irq", napi.irq())
                .put("pid", napi.pid())
                .put("defer_hard_irqs", napi.deferHardIrqs())
                .put("gro_flush_timeout", napi.groFlushTimeout())
                .put("irq_suspend_timeout", napi.irqSuspendTimeout())
                .put(
                        "threaded",
                        napi.threaded()
                                .map(NapiThreaded::value)
                                .map(OptionalInt::of)
                                .orElse(OptionalInt.empty()))
                .text
                .toString();
    }

    static String of(PagePool pool) {
        return new ReplayText()
                .put("id", pool.id())
                .put("ifindex", pool.ifindex())
                .put("napi_id", pool.napiId())
                .put("inflight", Long.toUnsignedString(pool.inflight()))
                .put("inflight_mem", Long.toUnsignedString(pool.inflightMem()))
                .put("detach_time", pool.detachTime())
                .put("dmabuf", pool.dmabuf())
                .text
                .toString();
    }

    static String of(Link link) {
        return new ReplayText()
                .put("ifindex", link.ifindex())
                .put("flags", Integer.toUnsignedString(link.flags().value()))
                .put("ifname", link.ifname())
                .hex("address", link.address().map(HardwareAddress::bytes))
                .hex("broadcast", link.broadcast().map(HardwareAddress::bytes))
                .put("mtu", link.mtu())
                .put("min_mtu", link.minMtu())
                .put("max_mtu", link.maxMtu())
                .put("link", link.link())
                .put("master", link.master())
                .put("operstate", link.operstate().map(OperState::value).orElse(0))
                .put("carrier", link.carrier())
                .put("carrier_changes", link.carrierChanges())
                .put("carrier_up_count", link.carrierUpCount())
                .put("carrier_down_count", link.carrierDownCount())
                .put("linkmode", link.linkmode())
                .put("kind", link.kind().orElse(""))
                .put("qdisc", link.qdisc().orElse(""))
                .limits(link);
    }

    private String limits(Link link) {
        return put("txqlen", link.txqlen())
                .put("group", link.group())
                .put("promiscuity", link.promiscuity())
                .put("allmulti", link.allmulti())
                .put("num_tx_queues", link.numTxQueues())
                .put("num_rx_queues", link.numRxQueues())
                .put("gso_max_segs", link.gsoMaxSegs())
                .put("gso_max_size", link.gsoMaxSize())
                .put("gso_ipv4_max_size", link.gsoIpv4MaxSize())
                .put("gro_max_size", link.groMaxSize())
                .put("gro_ipv4_max_size", link.groIpv4MaxSize())
                .put("tso_max_size", link.tsoMaxSize())
                .put("tso_max_segs", link.tsoMaxSegs())
                .put("proto_down", link.protoDown())
                .hex("stats64", link.stats64().map(ReplayText::bytes))
                .text
                .toString();
    }

    /** Returns the first twelve counters as the kernel writes them. */
    private static byte[] bytes(LinkStats stats) {
        LongStream counters = LongStream.of(
                stats.rxPackets(),
                stats.txPackets(),
                stats.rxBytes(),
                stats.txBytes(),
                stats.rxErrors(),
                stats.txErrors(),
                stats.rxDropped(),
                stats.txDropped(),
                stats.multicast(),
                stats.collisions(),
                stats.rxLengthErrors(),
                stats.rxOverErrors());
        ByteBuffer bytes = ByteBuffer.allocate(12 * Long.BYTES).order(ByteOrder.nativeOrder());
        counters.forEach(bytes::putLong);
        return bytes.array();
    }

    static String of(Route route) {
        return new ReplayText()
                .put("family", route.family().value())
                .put("type", route.type().value())
                .put("protocol", route.protocol().value())
                .put("scope", route.scope().value())
                .put("dst_len", route.dstLen())
                .hex("dst", route.dst().map(IpAddress::bytes))
                .hex("gateway", route.gateway().map(IpAddress::bytes))
                .hex("prefsrc", route.prefsrc().map(IpAddress::bytes))
                .put("oif", route.oif())
                .put("priority", route.priority())
                .put("table", Integer.toUnsignedString(route.table().value()))
                .text
                .toString();
    }
}
