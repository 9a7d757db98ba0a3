package dev.qlease.lease;

import dev.qlease.ethtool.Channels;
import dev.qlease.ethtool.ChannelsChange;
import dev.qlease.ethtool.Features;
import dev.qlease.ethtool.FeaturesChange;
import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.RingsChange;
import dev.qlease.ethtool.Rss;
import dev.qlease.ethtool.RssChange;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.lease.Step.Planned;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.rtnetlink.Link;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** What the NIC needs before its queues can be leased: enough of them, headers split from payload, other traffic elsewhere. */
final class NicSteps {
    private final LeaseSpec spec;
    private final Workbench workbench;
    private final Link nic;
    private final QueueChoice choice;
    private final List<Planned> steps = new ArrayList<>();

    NicSteps(LeaseSpec spec, Workbench workbench, Link nic, QueueChoice choice) {
        this.spec = spec;
        this.workbench = workbench;
        this.nic = nic;
        this.choice = choice;
    }

    List<Planned> plan() {
        channels();
        rings();
        ntuple();
        rss();
        return steps;
    }

    /** Asks for what not all drivers have. */
    static <T> Optional<T> asked(Supplier<T> question) {
        try {
            return Optional.of(question.get());
        } catch (UnsupportedException e) {
            return Optional.empty();
        }
    }

    private void channels() {
        String found = choice.present() + " receive queues";
        if (choice.needed() <= choice.present()) {
            steps.add(new Planned(new Step("channels", found, "", ""), null, null));
            return;
        }
        Channels channels = workbench.ethtool().channels(nic.ifindex());
        ChannelsChange change = choice.growth(channels);
        ChannelsChange before = change.undo(channels);
        Undo undo = new Undo.Channels(nic.ifindex(), nic.ifname(), before.rxCount(), before.combinedCount());
        Step step = new Step("channels", found, "set " + choice.needed(), "set " + choice.present());
        steps.add(new Planned(step, undo, bench -> bench.ethtool().setChannels(nic.ifindex(), change)));
    }

    private void rings() {
        Optional<Rings> asked = asked(() -> workbench.ethtool().rings(nic.ifindex()));
        if (asked.isEmpty() || asked.get().tcpDataSplit().isEmpty()) {
            Step step =
                    new Step("tcp-data-split", "the driver has none: the guest can send device memory only", "", "");
            steps.add(new Planned(step, null, null));
            return;
        }
        Rings rings = asked.get();
        RingsChange change = RingsChange.NONE;
        List<String> sets = new ArrayList<>();
        if (rings.tcpDataSplit().get().value() != TcpDataSplit.ENABLED.value()) {
            change = change.tcpDataSplit(TcpDataSplit.ENABLED);
            sets.add("tcp-data-split enabled");
        }
        if (rings.hdsThresh().orElse(0) != 0) {
            change = change.hdsThresh(0);
            sets.add("hds-thresh 0");
        }
        if (spec.rxRing().isPresent() && rings.rx().orElse(0) != spec.rxRing().getAsInt()) {
            change = change.rx(spec.rxRing().getAsInt());
            sets.add("rx " + spec.rxRing().getAsInt());
        }
        RingsChange wanted = change;
        RingsChange before = change.undo(rings);
        Undo undo = new Undo.Rings(
                nic.ifindex(),
                nic.ifname(),
                before.rx(),
                before.tcpDataSplit()
                        .map(split -> OptionalLong.of(split.value()))
                        .orElse(OptionalLong.empty()),
                before.hdsThresh());
        Step step = new Step(
                "rings",
                text(rings),
                sets.isEmpty() ? "" : "set " + String.join(", ", sets),
                sets.isEmpty() ? "" : "set them back");
        steps.add(new Planned(step, undo, bench -> bench.ethtool().setRings(nic.ifindex(), wanted)));
    }

    private static String text(Rings rings) {
        List<String> words = new ArrayList<>();
        rings.tcpDataSplit().ifPresent(split -> words.add("tcp-data-split " + split.text()));
        rings.hdsThresh().ifPresent(bytes -> words.add("hds-thresh " + bytes));
        rings.rx().ifPresent(descriptors -> words.add("rx " + descriptors));
        return String.join(", ", words);
    }

    private void ntuple() {
        if (spec.addresses().isEmpty()) {
            return;
        }
        Features features = workbench.ethtool().features(nic.ifindex());
        boolean on = features.active().contains(Features.NTUPLE);
        if (!on && !features.hw().contains(Features.NTUPLE)) {
            Step step = new Step(
                    Features.NTUPLE, "the device cannot steer flows: it receives the guest's on any queue", "", "");
            steps.add(new Planned(step, null, null));
            return;
        }
        Step step = new Step(Features.NTUPLE, on ? "on" : "off", on ? "" : "switch on", on ? "" : "switch off");
        steps.add(new Planned(
                step,
                new Undo.Feature(nic.ifindex(), nic.ifname(), Features.NTUPLE, on),
                bench -> bench.ethtool().setFeatures(nic.ifindex(), FeaturesChange.NONE.on(Features.NTUPLE))));
    }

    private void rss() {
        Optional<Rss> asked = asked(() -> workbench.ethtool().rss(nic.ifindex()));
        if (asked.isEmpty() || asked.get().indir().isEmpty()) {
            String found = "the driver has no table: other traffic may come to the leased queues";
            steps.add(new Planned(new Step("RSS", found, "", ""), null, null));
            return;
        }
        Rss rss = asked.get();
        boolean away = rss.indir().stream().noneMatch(choice.chosen()::contains);
        RssChange change = RssChange.NONE.indir(rss.spreadOver(choice.others()));
        List<Integer> before = change.undo(rss, choice.present()).indir().orElse(List.of());
        Step step = new Step(
                "RSS",
                "over queues " + rss.indir().stream().distinct().sorted().toList(),
                away ? "" : "spread over " + choice.others() + " only",
                away ? "" : before.isEmpty() ? "the kernel's default" : "the table as it was");
        steps.add(new Planned(
                step,
                new Undo.RssTable(nic.ifindex(), nic.ifname(), before),
                bench -> bench.ethtool().setRss(nic.ifindex(), change)));
    }
}
