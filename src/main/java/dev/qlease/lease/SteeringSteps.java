package dev.qlease.lease;

import dev.qlease.ethtool.Features;
import dev.qlease.ethtool.FlowAction;
import dev.qlease.ethtool.FlowMatch;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.Rss;
import dev.qlease.ethtool.RssChange;
import dev.qlease.lease.LeaseRefusedException.Reason;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Plans the flow rules that steer the guest's TCP traffic to the leased queue, or to an RSS context over several. */
final class SteeringSteps {
    private final LeaseSpec spec;
    private final NicHandle nic;
    private final ForeignTraffic traffic;
    private final List<Integer> queues;
    private final List<Step> steps = new ArrayList<>();

    SteeringSteps(LeaseSpec spec, NicHandle nic, ForeignTraffic traffic, List<Integer> queues) {
        this.spec = spec;
        this.nic = nic;
        this.traffic = traffic;
        this.queues = queues;
    }

    List<Step> plan() {
        Features features = nic.ethtool().features(nic.ifindex());
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
        List<Integer> before = traffic.contexts().stream().map(Rss::context).toList();
        steps.add(Step.Change.own(
                "RSS context", "none", "make one over queues " + queues, new Undo.RssContext(before), made -> {
                    Rss rss = made.home().ethtool().rss(nic.ifindex());
                    made.rssContext(made.home()
                            .ethtool()
                            .createRssContext(nic.ifindex(), RssChange.NONE.indir(rss.spreadOver(queues)))
                            .context());
                }));
    }

    private void rule(IpAddress destination, OptionalLong port, String target) {
        FlowMatch match = match(destination, port);
        requireNone(match);
        Undo undo = new Undo.FlowRule(destination.toString(), port);
        steps.add(Step.Change.own("flow rule", "none", match + " to " + target, undo, made -> {
            FlowAction action = action(queues, made.rssContext()).orElseThrow();
            made.home().ethtool().addFlowRule(nic.name(), FlowRule.of(match, action));
        }));
    }

    /** Refuses a match that a rule already has, since a driver may replace that rule. */
    private void requireNone(FlowMatch match) {
        traffic.rules().stream()
                .filter(rule -> rule.match().equals(match))
                .findFirst()
                .ifPresent(rule -> {
                    throw new LeaseRefusedException(
                            Reason.IN_USE,
                            "lease queues of " + nic.name() + ": " + nic.name()
                                    + " already has a flow rule for the guest's traffic: " + rule);
                });
    }

    /** Returns a match for TCP to this destination, at this port or at any. */
    static FlowMatch match(IpAddress destination, OptionalLong port) {
        FlowMatch.Transport match =
                (destination.isIpv6() ? FlowMatch.tcp6() : FlowMatch.tcp4()).destination(destination);
        return port.isPresent() ? match.destinationPort((int) port.getAsLong()) : match;
    }

    /** Returns the action of the lease's rules; empty if there are several queues and their context is not known. */
    static Optional<FlowAction> action(List<Integer> queues, OptionalLong context) {
        if (queues.size() == 1) {
            return Optional.of(FlowAction.queue(queues.getFirst()));
        }
        return context.isPresent() ? Optional.of(FlowAction.rssContext((int) context.getAsLong())) : Optional.empty();
    }

    /** Returns the RSS contexts that spread over exactly these queues. */
    static List<Integer> contextsOver(ForeignTraffic traffic, List<Integer> queues) {
        List<Integer> sorted = queues.stream().sorted().toList();
        return traffic.contexts().stream()
                .filter(rss -> rss.context() != 0)
                .filter(rss -> rss.indir().stream().distinct().sorted().toList().equals(sorted))
                .map(Rss::context)
                .toList();
    }
}
