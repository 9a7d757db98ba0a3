package dev.qlease.cli.ncdevmem;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.ethtool.Channels;
import dev.qlease.ethtool.ChannelsChange;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.FlowAction;
import dev.qlease.ethtool.FlowMatch;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.RingsChange;
import dev.qlease.ethtool.Rss;
import dev.qlease.ethtool.RssChange;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.linux.LinuxException;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.Link;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The NIC settings that {@code qlease ncdevmem} changes; {@link PuttingBack} restores the previous ones. */
final class NcdevmemNic {
    private final Ethtool ethtool;
    private final Link link;
    private final PuttingBack puttingBack;
    private @Nullable Rings rings;

    NcdevmemNic(Ethtool ethtool, Link link, PuttingBack puttingBack) {
        this.ethtool = ethtool;
        this.link = link;
        this.puttingBack = puttingBack;
    }

    int receiveQueues() {
        return (int) ethtool.channels(link.ifindex()).receiveQueues();
    }

    /** Enables header split for all payload sizes until the settings are restored. */
    void splitHeaders() {
        Rings before = rings;
        if (before == null) {
            Rings found = ethtool.rings(link.ifindex());
            puttingBack.add("header split of " + link.ifname(), () -> restore(found));
            before = found;
            rings = found;
        }
        RingsChange change = RingsChange.NONE.tcpDataSplit(TcpDataSplit.ENABLED);
        ethtool.setRings(link.ifindex(), before.hdsThresh().isPresent() ? change.hdsThresh(0) : change);
    }

    /** Leaves header split to the driver's default, temporarily. */
    void leaveHeadersToDriver() {
        ethtool.setRings(link.ifindex(), RingsChange.NONE.tcpDataSplit(TcpDataSplit.UNKNOWN));
    }

    /** Whether header split had been configured is not known: leaves it to the driver if that has the same result. */
    private void restore(Rings before) {
        RingsChange change = RingsChange.NONE.tcpDataSplit(TcpDataSplit.UNKNOWN);
        ethtool.setRings(
                link.ifindex(),
                before.hdsThresh().isPresent()
                        ? change.hdsThresh(before.hdsThresh().getAsLong())
                        : change);
        Optional<TcpDataSplit> split = before.tcpDataSplit();
        if (split.isPresent() && !ethtool.rings(link.ifindex()).tcpDataSplit().equals(split)) {
            ethtool.setRings(link.ifindex(), RingsChange.NONE.tcpDataSplit(split.get()));
        }
    }

    /** Restricts RSS to the queues below {@code first}. */
    void spreadBelow(int first) {
        if (first == 0) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "no queue of " + link.ifname() + " would be left for other traffic: give -t 1 or more, or -n");
        }
        long queues = receiveQueues();
        Rss before = ethtool.rss(link.ifindex());
        RssChange change = RssChange.NONE.indir(before.spreadOver(first));
        puttingBack.add("RSS of " + link.ifname(), () -> ethtool.setRss(link.ifindex(), change.undo(before, queues)));
        ethtool.setRss(link.ifindex(), change);
    }

    /** Steers connections to {@code server}, from {@code client} if the device can match that, to {@code queue}. */
    void steer(IpAddress server, Optional<IpAddress> client, int port, int queue) {
        FlowMatch.Transport all = (server.isIpv6() ? FlowMatch.tcp6() : FlowMatch.tcp4())
                .destination(server)
                .destinationPort(port);
        FlowRule rule;
        try {
            rule = add(client.isPresent() ? all.source(client.get()).sourcePort(port) : all, queue);
        } catch (LinuxException e) {
            if (client.isEmpty()) {
                throw e;
            }
            rule = add(all, queue);
        }
        int location = rule.location().orElseThrow();
        puttingBack.add("the flow rules of " + link.ifname(), () -> ethtool.deleteFlowRule(link.ifname(), location));
    }

    private FlowRule add(FlowMatch match, int queue) {
        return ethtool.addFlowRule(link.ifname(), FlowRule.of(match, FlowAction.queue(queue)));
    }

    /** Tries to reduce the number of queues to {@code count}; if that succeeds, restores it at once. */
    void takeQueuesAway(int count) {
        Channels before = ethtool.channels(link.ifindex());
        ChannelsChange change = before.combinedCount().orElse(0) > 0
                ? ChannelsChange.NONE.combinedCount(count)
                : ChannelsChange.NONE.rxCount(count);
        if (before.combinedCount().orElse(0) > 0 && before.rxCount().orElse(0) > 0) {
            change = change.rxCount(0);
        }
        ethtool.setChannels(link.ifindex(), change);
        ethtool.setChannels(link.ifindex(), change.undo(before));
    }
}
