package dev.qlease.lease;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.Features;
import dev.qlease.ethtool.FlowAction;
import dev.qlease.ethtool.FlowMatch;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.Rss;
import dev.qlease.ethtool.RssChange;
import dev.qlease.lease.Step.Planned;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** Flow rules that bring the guest's TCP to the leased queues; to an RSS context over them, if there are several. */
final class SteeringSteps {
    private final LeaseSpec spec;
    private final Workbench workbench;
    private final Link nic;
    private final List<Integer> queues;
    private final List<Planned> steps = new ArrayList<>();

    SteeringSteps(LeaseSpec spec, Workbench workbench, Link nic, List<Integer> queues) {
        this.spec = spec;
        this.workbench = workbench;
        this.nic = nic;
        this.queues = queues;
    }

    List<Planned> plan() {
        Features features = workbench.ethtool().features(nic.ifindex());
        boolean possible =
                features.active().contains(Features.NTUPLE) || features.hw().contains(Features.NTUPLE);
        if (spec.addresses().isEmpty() || !possible) {
            return steps;
        }
        String target = "queue " + queues.getFirst();
        if (queues.size() > 1) {
            context();
            target = "the new RSS context";
        }
        for (IpPrefix prefix : spec.addresses()) {
            if (spec.ports().isEmpty()) {
                rule(prefix.address(), OptionalLong.empty(), target);
            }
            for (int port : spec.ports()) {
                rule(prefix.address(), OptionalLong.of(port), target);
            }
        }
        return steps;
    }

    private void context() {
        Step step = new Step("RSS context", "none", "make one over queues " + queues, "delete it");
        Undo undo = new Undo.RssContext(nic.ifindex(), nic.ifname(), queues);
        steps.add(new Planned(step, undo, bench -> {
            Rss rss = bench.ethtool().rss(nic.ifindex());
            bench.ethtool().createRssContext(nic.ifindex(), RssChange.NONE.indir(rss.spreadOver(queues)));
        }));
    }

    private void rule(IpAddress destination, OptionalLong port, String target) {
        FlowMatch match = match(destination, port);
        requireNone(match);
        Undo undo = new Undo.FlowRule(nic.ifindex(), nic.ifname(), destination.toString(), port);
        Step step = new Step("flow rule", "none", match + " to " + target, "delete it");
        steps.add(new Planned(step, undo, bench -> {
            FlowAction action = queues.size() == 1
                    ? FlowAction.queue(queues.getFirst())
                    : FlowAction.rssContext(
                            contextOver(bench.ethtool(), nic.ifindex(), queues).getFirst());
            bench.ethtool().addFlowRule(nic.ifname(), FlowRule.of(match, action));
        }));
    }

    /** A driver may replace a rule by another one for the same, and undoing deletes by what a rule is for. */
    private void requireNone(FlowMatch match) {
        NicSteps.asked(() -> workbench.ethtool().flowRules(nic.ifname())).orElse(List.of()).stream()
                .filter(rule -> rule.match().equals(match))
                .findFirst()
                .ifPresent(rule -> {
                    throw new LinuxException(
                            "lease queues of " + nic.ifname(),
                            Errno.EEXIST.number(),
                            nic.ifname() + " has a flow rule already for what comes to the guest: " + rule);
                });
    }

    /** TCP to this destination, at this port or at all. */
    static FlowMatch match(IpAddress destination, OptionalLong port) {
        FlowMatch.Transport match =
                (destination.isIpv6() ? FlowMatch.tcp6() : FlowMatch.tcp4()).destination(destination);
        return port.isPresent() ? match.destinationPort((int) port.getAsLong()) : match;
    }

    /** The RSS contexts that spread over these queues and no other. */
    static List<Integer> contextOver(Ethtool ethtool, int ifindex, List<Integer> queues) {
        List<Integer> sorted = queues.stream().sorted().toList();
        return ethtool.rssContexts(ifindex).stream()
                .filter(rss -> rss.context() != 0)
                .filter(rss -> rss.indir().stream().distinct().sorted().toList().equals(sorted))
                .map(Rss::context)
                .toList();
    }
}
