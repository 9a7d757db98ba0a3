package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.FlowSet;
import dev.qlease.ethtool.EthtoolAttributes.HeaderSet;
import dev.qlease.ethtool.EthtoolAttributes.RssSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.MalformedMessageException;
import dev.qlease.netlink.UnknownAttribute;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How a device spreads received packets over its queues (receive-side scaling), in one of its contexts: a hash of the
 * packet selects an entry of the indirection table, which is the queue.
 *
 * @param ifindex the device
 * @param context 0 for the main context, which takes all packets that no flow rule steers; else one to which flow rules
 *     steer
 * @param indir the indirection table: queues; empty if there is none
 * @param hfunc the hash function; empty if the driver does not report it, or if that of the main context applies
 * @param hkey the hash key; empty like {@code hfunc}
 * @param inputXfrm the transformation of the hash input; empty for none, and like {@code hfunc}
 * @param flowHash the hashed fields, for the kinds of flows that the driver knows
 * @param unknown attributes that this library has no name for
 */
public record Rss(
        int ifindex,
        int context,
        List<Integer> indir,
        Optional<RssHashFunction> hfunc,
        Optional<RssKey> hkey,
        Optional<RssInputTransform> inputXfrm,
        List<RssFlowHash> flowHash,
        List<UnknownAttribute> unknown) {
    /** Keeps copies of the lists. */
    public Rss {
        indir = List.copyOf(indir);
        flowHash = List.copyOf(flowHash);
        unknown = List.copyOf(unknown);
    }

    static Rss of(Attributes a) {
        return new Rss(
                a.get(RssSet.HEADER).get(HeaderSet.DEV_INDEX),
                a.find(RssSet.CONTEXT).orElse(0),
                a.find(RssSet.INDIR, Rss::table).orElse(List.of()),
                a.find(RssSet.HFUNC, RssHashFunction::new),
                a.find(RssSet.HKEY, key -> RssKey.of(key.toArray(ValueLayout.JAVA_BYTE))),
                a.find(RssSet.INPUT_XFRM, RssInputTransform::new),
                a.find(RssSet.FLOW_HASH, Rss::flowHash).orElse(List.of()),
                a.unknown());
    }

    private static List<Integer> table(MemorySegment indir) {
        if (indir.byteSize() % Integer.BYTES != 0) {
            throw new MalformedMessageException("indir", indir.byteSize() + " bytes are not a table of 32-bit numbers");
        }
        return Arrays.stream(indir.toArray(ValueLayout.JAVA_INT_UNALIGNED))
                .boxed()
                .toList();
    }

    private static List<RssFlowHash> flowHash(Attributes a) {
        List<RssFlowHash> hashes = new ArrayList<>();
        for (var kind : FlowSet.KINDS) {
            a.find(kind).ifPresent(fields -> hashes.add(new RssFlowHash(kind.name(), new RssHashFields((int) fields))));
        }
        return hashes;
    }

    /**
     * Returns a table of this one's size that spreads evenly over the queues 0 to {@code count - 1}: the numbers of
     * entries differ by at most one.
     *
     * @throws IllegalArgumentException if {@code count} is not positive or larger than the table
     */
    public List<Integer> spreadOver(int count) {
        return spreadOver(IntStream.range(0, count).boxed().toList());
    }

    /**
     * Returns a table of this one's size that spreads evenly over exactly {@code queues}: the numbers of entries differ
     * by at most one.
     *
     * @throws IllegalArgumentException if there are no queues, or more than entries in the table
     */
    public List<Integer> spreadOver(Collection<Integer> queues) {
        if (queues.isEmpty() || queues.size() > indir.size()) {
            throw new IllegalArgumentException("the table of device " + ifindex + " has " + indir.size()
                    + " entries: it spreads over 1 to as many queues, not over " + queues.size());
        }
        List<Integer> order = List.copyOf(queues);
        return IntStream.range(0, indir.size())
                .mapToObj(i -> order.get(i % order.size()))
                .toList();
    }

    /** Returns whether the table is the kernel's default for this number of receive queues: all of them in turn. */
    public boolean spreadsOver(long receiveQueues) {
        return receiveQueues > 0 && IntStream.range(0, indir.size()).allMatch(i -> indir.get(i) == i % receiveQueues);
    }
}
