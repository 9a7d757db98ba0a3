package dev.qlease.lease;

import dev.qlease.ethtool.Channels;
import dev.qlease.ethtool.Features;
import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.Rss;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.lease.LeaseRefusedException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Plans what the NIC needs before its queues can be leased: enough queues, header split, and other traffic on other
 * queues.
 */
final class NicSteps {
    private final LeaseSpec spec;
    private final NicHandle nic;
    private final ForeignTraffic traffic;
    private final QueueChoice choice;
    private final NeededSettings needed;
    private final List<Step> steps = new ArrayList<>();

    NicSteps(LeaseSpec spec, NicHandle nic, ForeignTraffic traffic, QueueChoice choice, NeededSettings needed) {
        this.spec = spec;
        this.nic = nic;
        this.traffic = traffic;
        this.choice = choice;
        this.needed = needed;
    }

    List<Step> plan() {
        channels();
        rings();
        ntuple();
        rss();
        return steps;
    }

    private void channels() {
        String found = choice.present() + " receive queues";
        if (choice.needed() <= choice.present()) {
            steps.add(new Step.Satisfied("channels", found));
            return;
        }
        Channels channels = nic.ethtool().channels(nic.ifindex());
        boolean combined = channels.combinedMax().orElse(0) > 0;
        Setting setting = combined ? Setting.COMBINED_CHANNELS : Setting.RX_CHANNELS;
        long wanted = combined ? choice.needed() - channels.rxCount().orElse(0) : choice.needed();
        needed.need(setting, Long.toString(wanted))
                .ifPresent(change -> steps.add(Step.Change.shared(
                        "channels", found, "set " + choice.needed(), "set " + choice.present(), List.of(change))));
    }

    private void rings() {
        Optional<Rings> asked = NicHandle.asked(() -> nic.ethtool().rings(nic.ifindex()));
        if (asked.isEmpty() || asked.get().tcpDataSplit().isEmpty()) {
            steps.add(new Step.Satisfied(
                    "tcp-data-split", "the driver has none: the guest can send device memory, and not receive it"));
            return;
        }
        Rings rings = asked.get();
        List<SettingChange> changes = new ArrayList<>();
        List<String> sets = new ArrayList<>();
        ring(Setting.TCP_DATA_SPLIT, TcpDataSplit.ENABLED.value(), "tcp-data-split enabled", changes, sets);
        if (rings.hdsThresh().isPresent()) {
            ring(Setting.HDS_THRESH, 0, "hds-thresh 0", changes, sets);
        }
        spec.rxRing().ifPresent(size -> ring(Setting.RX_RING, size, "rx " + size, changes, sets));
        steps.add(
                changes.isEmpty()
                        ? new Step.Satisfied("rings", text(rings))
                        : Step.Change.shared(
                                "rings", text(rings), "set " + String.join(", ", sets), "set them back", changes));
    }

    private void ring(Setting setting, long wanted, String text, List<SettingChange> changes, List<String> sets) {
        needed.need(setting, Long.toString(wanted)).ifPresent(change -> {
            changes.add(change);
            sets.add(text);
        });
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
        Features features = nic.ethtool().features(nic.ifindex());
        boolean on = features.active().contains(Features.NTUPLE);
        if (!on && !features.hw().contains(Features.NTUPLE)) {
            steps.add(new Step.Satisfied(
                    Features.NTUPLE, "the device cannot steer flows: it receives the guest's on any queue"));
            return;
        }
        String now = on ? Setting.ON : Setting.OFF;
        steps.add(needed.need(Setting.NTUPLE, now, Setting.offWith(traffic.rules()), Setting.ON)
                .<Step>map(change ->
                        Step.Change.shared(Features.NTUPLE, "off", "switch on", "switch off", List.of(change)))
                .orElseGet(() -> new Step.Satisfied(Features.NTUPLE, "on")));
    }

    private void rss() {
        Optional<Rss> asked = NicHandle.asked(() -> nic.ethtool().rss(nic.ifindex()));
        if (asked.isEmpty() || asked.get().indir().isEmpty()) {
            if (!spec.sharedTraffic()) {
                throw new LeaseRefusedException(
                        Reason.UNSAFE,
                        "lease queues of " + nic.name() + ": its driver has no RSS table, so that traffic of others can"
                                + " reach the leased queues and be read by the guest; --shared-traffic accepts that");
            }
            steps.add(new Step.Satisfied(
                    "RSS",
                    "the driver has no table: traffic of others can reach the leased queues, which was accepted"));
            return;
        }
        Rss rss = asked.get();
        String found = "over queues " + rss.indir().stream().distinct().sorted().toList();
        String now = Setting.text(rss.indir());
        boolean isDefault = rss.spreadsOver(choice.present());
        // The kernel rebuilds its default table, over all queues, when their number changes.
        boolean reaches = rss.indir().stream().anyMatch(choice.chosen()::contains)
                || (isDefault && choice.needed() > choice.present());
        if (!reaches) {
            needed.need(Setting.RSS_TABLE, now, now, now);
            steps.add(new Step.Satisfied("RSS", found));
            return;
        }
        String before = isDefault ? Setting.DEFAULT : now;
        needed.need(Setting.RSS_TABLE, now, before, Setting.text(rss.spreadOver(choice.others())))
                .ifPresent(change -> steps.add(Step.Change.shared(
                        "RSS",
                        found,
                        "spread over " + choice.others() + " only",
                        change.before().equals(Setting.DEFAULT) ? "the kernel's default" : "the table as it was",
                        List.of(change))));
    }
}
