package dev.qlease.lease;

import dev.qlease.ethtool.Channels;
import dev.qlease.ethtool.ChannelsChange;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.FeaturesChange;
import dev.qlease.ethtool.FlowMatch;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.RingsChange;
import dev.qlease.ethtool.RssChange;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Takes changes back. What is gone by itself meanwhile counts as taken back, and what is as it was is left alone: who was not
 * allowed to change it may not change it back either.
 */
final class Undoing {
    private final Workbench workbench;

    Undoing(Workbench workbench) {
        this.workbench = workbench;
    }

    /**
     * Takes {@code undo} back.
     *
     * @throws LinuxException if the kernel refuses
     */
    void undo(Undo undo) {
        switch (undo) {
            case Undo.Link link -> deleteLink(link);
            case Undo.Pin pin -> unpin(Path.of(pin.path()));
            case Undo.Sysctl sysctl -> restore(sysctl);
            case Undo.Channels it -> onNic(it.ifindex(), _ -> restore(it));
            case Undo.Rings it -> onNic(it.ifindex(), _ -> restore(it));
            case Undo.Feature it -> onNic(it.ifindex(), _ -> restore(it));
            case Undo.RssTable it -> onNic(it.ifindex(), _ -> restore(it));
            case Undo.FlowRule it -> onNic(it.ifindex(), nic -> deleteRule(nic, it));
            case Undo.RssContext it -> onNic(it.ifindex(), _ -> deleteContext(it));
        }
    }

    private interface OnNic {
        void run(Link nic);
    }

    /** Does something to a NIC that is still there. */
    private void onNic(int ifindex, OnNic action) {
        workbench.rtnetlink().links().find(ifindex).ifPresent(action::run);
    }

    private Ethtool ethtool() {
        return workbench.ethtool();
    }

    private void restore(Undo.Channels before) {
        ChannelsChange change = ChannelsChange.NONE;
        if (before.rx().isPresent()) {
            change = change.rxCount(before.rx().getAsLong());
        }
        if (before.combined().isPresent()) {
            change = change.combinedCount(before.combined().getAsLong());
        }
        Channels now = ethtool().channels(before.ifindex());
        boolean same = (before.rx().isEmpty() || before.rx().equals(now.rxCount()))
                && (before.combined().isEmpty() || before.combined().equals(now.combinedCount()));
        if (!same) {
            ethtool().setChannels(before.ifindex(), change);
        }
    }

    private void restore(Undo.Rings before) {
        RingsChange change = RingsChange.NONE;
        if (before.rx().isPresent()) {
            change = change.rx(before.rx().getAsLong());
        }
        if (before.tcpDataSplit().isPresent()) {
            change = change.tcpDataSplit(
                    new TcpDataSplit((int) before.tcpDataSplit().getAsLong()));
        }
        if (before.hdsThresh().isPresent()) {
            change = change.hdsThresh(before.hdsThresh().getAsLong());
        }
        if (!change.equals(RingsChange.NONE)
                && !change.undo(ethtool().rings(before.ifindex())).equals(change)) {
            ethtool().setRings(before.ifindex(), change);
        }
    }

    private void restore(Undo.Feature before) {
        FeaturesChange change =
                before.on() ? FeaturesChange.NONE.on(before.name()) : FeaturesChange.NONE.off(before.name());
        if (ethtool().features(before.ifindex()).active().contains(before.name()) != before.on()) {
            ethtool().setFeatures(before.ifindex(), change);
        }
    }

    private void restore(Undo.RssTable before) {
        // An empty table asks for the kernel's own, which one that looks alike is not yet.
        if (before.table().isEmpty() || !ethtool().rss(before.ifindex()).indir().equals(before.table())) {
            ethtool().setRss(before.ifindex(), RssChange.NONE.indir(before.table()));
        }
    }

    private void restore(Undo.Sysctl before) {
        String now = workbench.sysctl(before.path());
        if (!now.isEmpty() && !now.equals(before.value())) {
            workbench.sysctl(before.path(), before.value());
        }
    }

    private void deleteRule(Link nic, Undo.FlowRule rule) {
        FlowMatch match = SteeringSteps.match(IpAddress.parse(rule.destination()), rule.port());
        for (FlowRule there : ethtool().flowRules(nic.ifname())) {
            if (there.match().equals(match)) {
                ethtool().deleteFlowRule(nic.ifname(), there.location().orElseThrow());
            }
        }
    }

    private void deleteContext(Undo.RssContext context) {
        for (int id : SteeringSteps.contextOver(ethtool(), context.ifindex(), context.queues())) {
            ethtool().deleteRssContext(context.ifindex(), id);
        }
    }

    /** Deletes a netkit device, and nothing else that may have this name by now. */
    private void deleteLink(Undo.Link link) {
        if (link.netns().isEmpty()) {
            deleteLink(workbench.rtnetlink(), link.ifname());
            return;
        }
        Optional<NetworkNamespace> there = namespace(link.netns().get());
        if (there.isPresent()) {
            try (NetworkNamespace namespace = there.get();
                    Rtnetlink rtnetlink = Rtnetlink.open(namespace)) {
                deleteLink(rtnetlink, link.ifname());
            }
        }
    }

    private static void deleteLink(Rtnetlink rtnetlink, String ifname) {
        Optional<Link> there = rtnetlink.links().find(ifname);
        if (there.isPresent() && there.get().netkit().isPresent()) {
            rtnetlink.links().delete(there.get().ifindex());
        }
    }

    private static Optional<NetworkNamespace> namespace(String path) {
        try {
            return Optional.of(NetworkNamespace.at(Path.of(path)));
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static void unpin(Path pin) {
        try {
            Files.deleteIfExists(pin);
        } catch (IOException e) {
            LinuxException failure =
                    new LinuxException("delete " + pin, Errno.EIO.number(), String.valueOf(e.getMessage()));
            failure.initCause(e);
            throw failure;
        }
    }
}
