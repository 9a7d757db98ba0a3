package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.BitSet;
import dev.qlease.ethtool.EthtoolAttributes.BitsSet;
import dev.qlease.ethtool.EthtoolAttributes.BitsetSet;
import dev.qlease.ethtool.EthtoolAttributes.HeaderSet;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.U64;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Counters that standards define. Groups and counters have the running kernel's names. */
final class StandardStatistics {
    /** A counter, whose number is its index in the group's string set; no group has as many as {@value #MOST}. */
    static final class StatSet {
        private static final int MOST = 64;
        private static final AttributeSet.Builder TABLE = AttributeSet.table("stat");
        static final List<U64> COUNTERS = counters();
        static final AttributeSet SET = TABLE.build();

        private StatSet() {}

        private static List<U64> counters() {
            List<U64> counters = new ArrayList<>();
            for (int i = 0; i < MOST; i++) {
                counters.add(TABLE.u64(i, "counter-" + i));
            }
            return List.copyOf(counters);
        }
    }

    /** Packets in a range of sizes. */
    static final class HistSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("stats-grp-hist");
        static final U32 BKT_LOW = TABLE.u32(Uapi.ETHTOOL_A_STATS_GRP_HIST_BKT_LOW(), "hist-bkt-low");
        static final U32 BKT_HI = TABLE.u32(Uapi.ETHTOOL_A_STATS_GRP_HIST_BKT_HI(), "hist-bkt-hi");
        static final U64 VAL = TABLE.u64(Uapi.ETHTOOL_A_STATS_GRP_HIST_VAL(), "hist-val");
        static final AttributeSet SET = TABLE.build();

        private HistSet() {}
    }

    static final class GrpSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("stats-grp");
        static final U32 ID = TABLE.u32(Uapi.ETHTOOL_A_STATS_GRP_ID(), "id");
        static final U32 SS_ID = TABLE.u32(Uapi.ETHTOOL_A_STATS_GRP_SS_ID(), "ss-id");
        static final Nest STAT = TABLE.nest(Uapi.ETHTOOL_A_STATS_GRP_STAT(), "stat", StatSet.SET);
        static final Nest HIST_RX = TABLE.nest(Uapi.ETHTOOL_A_STATS_GRP_HIST_RX(), "hist-rx", HistSet.SET);
        static final Nest HIST_TX = TABLE.nest(Uapi.ETHTOOL_A_STATS_GRP_HIST_TX(), "hist-tx", HistSet.SET);
        static final AttributeSet SET = TABLE.build();

        private GrpSet() {}
    }

    static final class StatsSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("stats");
        static final Nest HEADER = TABLE.nest(Uapi.ETHTOOL_A_STATS_HEADER(), "header", HeaderSet.SET);
        static final Nest GROUPS = TABLE.nest(Uapi.ETHTOOL_A_STATS_GROUPS(), "groups", BitsetSet.SET);
        static final Nest GRP = TABLE.nest(Uapi.ETHTOOL_A_STATS_GRP(), "grp", GrpSet.SET);
        static final U32 SRC = TABLE.u32(Uapi.ETHTOOL_A_STATS_SRC(), "src");
        static final AttributeSet SET = TABLE.build();

        private StatsSet() {}
    }

    static final Operation GET = DeviceRequests.operation(Uapi.ETHTOOL_MSG_STATS_GET(), "stats-get", StatsSet.SET);

    private final DeviceRequests requests;
    private final StringSets strings;

    StandardStatistics(DeviceRequests requests, StringSets strings) {
        this.requests = requests;
        this.strings = strings;
    }

    List<StatisticsGroup> list(int ifindex) {
        Map<Integer, String> groups = strings.names(Uapi.ETH_SS_STATS_STD());
        Request request = requests.begin(GET, StatsSet.HEADER, ifindex)
                .begin(StatsSet.GROUPS)
                .put(BitsetSet.NOMASK)
                .begin(BitsetSet.BITS);
        for (String group : groups.values()) {
            request.begin(BitsSet.BIT).put(BitSet.NAME, group).end();
        }
        List<Numbered> numbered = request.end().end().get(DeviceRequests.reply(GET, StandardStatistics::read));
        return numbered.stream()
                .map(group -> group.named(groups, strings.names(group.stringSet())))
                .toList();
    }

    /**
     * A group as in the reply. The names of its counters require another request, which cannot be made while the reply
     * is being read.
     *
     * @param counters by number
     * @param ranges packets by size, already named
     */
    record Numbered(int id, int stringSet, List<Counter> counters, List<Statistic> ranges) {
        StatisticsGroup named(Map<Integer, String> groups, Map<Integer, String> names) {
            List<Statistic> all = new ArrayList<>();
            for (Counter counter : counters) {
                all.add(new Statistic(
                        names.getOrDefault(counter.number(), "counter " + counter.number()), counter.value()));
            }
            all.addAll(ranges);
            return new StatisticsGroup(groups.getOrDefault(id, "group " + id), all);
        }
    }

    /** One counter of a group. */
    record Counter(int number, long value) {}

    static List<Numbered> read(Attributes a) {
        return a.all(StatsSet.GRP, group -> {
            List<Statistic> ranges = new ArrayList<>(group.all(GrpSet.HIST_RX, range -> range("rx", range)));
            ranges.addAll(group.all(GrpSet.HIST_TX, range -> range("tx", range)));
            List<Counter> counters = new ArrayList<>();
            group.all(GrpSet.STAT, stat -> counters.addAll(counters(stat)));
            return new Numbered(group.get(GrpSet.ID), group.get(GrpSet.SS_ID), counters, ranges);
        });
    }

    private static List<Counter> counters(Attributes stat) {
        List<Counter> counters = new ArrayList<>();
        for (U64 counter : StatSet.COUNTERS) {
            stat.find(counter).ifPresent(value -> counters.add(new Counter(counter.type(), value)));
        }
        return counters;
    }

    /** Returns the counter of a range of sizes, named as in ethtool(8). */
    private static Statistic range(String direction, Attributes range) {
        String name = direction + "-etherStatsPkts" + range.getUnsigned(HistSet.BKT_LOW) + "to"
                + range.getUnsigned(HistSet.BKT_HI) + "Octets";
        return new Statistic(name, range.get(HistSet.VAL));
    }
}
