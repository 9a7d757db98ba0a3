package dev.qlease.devmem;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.FlowAction;
import dev.qlease.ethtool.FlowMatch;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.RingsChange;
import dev.qlease.ethtool.Rss;
import dev.qlease.ethtool.RssChange;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The emulated NIC's port qnic0, with one queue set apart for device memory; closing puts it back. */
public final class ReceiveNic implements AutoCloseable {
    /** The queue that flows are steered to. */
    public static final int QUEUE = 3;

    private static final String NAME = "qnic0";

    /** Else freed packets keep the dma-buf's memory parked on a list for each CPU. */
    private static final Path DEFER = Path.of("/proc/sys/net/core/skb_defer_max");

    private final Ethtool ethtool = Ethtool.open();
    private final List<Integer> rules = new ArrayList<>();
    private final int ifindex;
    private final Rss rss;
    private final Rings rings;
    private final String defer;

    private ReceiveNic() throws IOException {
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            ifindex = rtnetlink.links().get(NAME).ifindex();
        }
        rss = ethtool.rss(ifindex);
        rings = ethtool.rings(ifindex);
        defer = Files.readString(DEFER);
    }

    /** Has it split headers, with short rings, and other traffic on other queues. */
    public static ReceiveNic prepare() throws IOException {
        ReceiveNic nic = new ReceiveNic();
        Files.writeString(DEFER, "0");
        nic.ethtool.setRings(nic.ifindex, RingsChange.NONE.rx(64).hdsThresh(0));
        nic.split(true);
        nic.ethtool.setRss(nic.ifindex, RssChange.NONE.indir(nic.rss.spreadOver(List.of(0, 1))));
        return nic;
    }

    int ifindex() {
        return ifindex;
    }

    void split(boolean on) {
        ethtool.setRings(ifindex, RingsChange.NONE.tcpDataSplit(on ? TcpDataSplit.ENABLED : TcpDataSplit.DISABLED));
    }

    void hdsThresh(int bytes) {
        ethtool.setRings(ifindex, RingsChange.NONE.hdsThresh(bytes));
    }

    /** Has TCP to this port come to this queue. */
    public void steer(InetSocketAddress to, int queue) {
        boolean v6 = IpAddress.of(to.getAddress()).isIpv6();
        FlowMatch match = (v6 ? FlowMatch.tcp6() : FlowMatch.tcp4()).destinationPort(to.getPort());
        rules.add(ethtool.addFlowRule(NAME, FlowRule.of(match, FlowAction.queue(queue)))
                .location()
                .orElseThrow());
    }

    @Override
    public void close() throws IOException {
        rules.forEach(rule -> ethtool.deleteFlowRule(NAME, rule));
        ethtool.setRss(ifindex, RssChange.NONE.indir(rss.indir()));
        RingsChange change = RingsChange.NONE.rx(0).hdsThresh(0).tcpDataSplit(TcpDataSplit.ENABLED);
        ethtool.setRings(ifindex, change.undo(rings));
        Files.writeString(DEFER, defer.strip());
        ethtool.close();
    }
}
