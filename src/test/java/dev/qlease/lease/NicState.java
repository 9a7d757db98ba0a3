package dev.qlease.lease;

import dev.qlease.ethtool.Channels;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.Features;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.Rss;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.Queue;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The settings of a NIC that leases change.
 *
 * @param channels how many combined channels it has
 * @param rx descriptors of a receive ring
 * @param split whether headers are split from payload
 * @param hdsThresh from how many bytes on
 * @param ntuple whether flow rules work
 * @param rss the RSS table
 * @param contexts the tables of the RSS contexts, by their numbers
 * @param rules the flow rules
 * @param leased the queues that are leased
 */
record NicState(
        long channels,
        long rx,
        String split,
        long hdsThresh,
        boolean ntuple,
        List<Integer> rss,
        Map<Integer, List<Integer>> contexts,
        Set<FlowRule> rules,
        Set<Integer> leased) {
    static NicState read(Ethtool ethtool, Netdev netdev, int ifindex, String name) {
        Channels channels = ethtool.channels(ifindex);
        Rings rings = ethtool.rings(ifindex);
        Map<Integer, List<Integer>> contexts = new TreeMap<>();
        List<Integer> table = List.of();
        for (Rss rss : ethtool.rssContexts(ifindex)) {
            if (rss.context() == 0) {
                table = rss.indir();
            } else {
                contexts.put(rss.context(), rss.indir());
            }
        }
        return new NicState(
                channels.combinedCount().orElse(0),
                rings.rx().orElse(0),
                rings.tcpDataSplit().map(Object::toString).orElse(""),
                rings.hdsThresh().orElse(0),
                ethtool.features(ifindex).active().contains(Features.NTUPLE),
                table,
                contexts,
                Set.copyOf(ethtool.flowRules(name)),
                netdev.queues(ifindex).stream()
                        .filter(queue -> queue.lease().isPresent())
                        .map(Queue::id)
                        .collect(Collectors.toUnmodifiableSet()));
    }

    /** The RSS table that the kernel makes for so many queues, as large as this one's. */
    List<Integer> kernelsTable(long queues) {
        return java.util.stream.IntStream.range(0, rss.size())
                .map(i -> (int) (i % queues))
                .boxed()
                .toList();
    }

    /** The same without the queues' leases, which come and go by themselves. */
    NicState unleased() {
        return new NicState(channels, rx, split, hdsThresh, ntuple, rss, contexts, rules, Set.of());
    }
}
