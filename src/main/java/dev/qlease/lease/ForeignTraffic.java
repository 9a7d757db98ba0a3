package dev.qlease.lease;

import dev.qlease.ethtool.FlowAction;
import dev.qlease.ethtool.FlowRule;
import dev.qlease.ethtool.Rss;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.sys.KernelText;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * A snapshot of what steers traffic to queues of a NIC: flow rules and RSS contexts, including the main one. A queue
 * that any of them names receives traffic of others, whose payload the guest could read.
 */
final class ForeignTraffic {
    /** The lower half of a ring cookie is the queue, the next byte a virtual function; include/uapi/linux/ethtool.h. */
    private static final int FUNCTION_SHIFT = 32;

    private final NicHandle nic;
    private final List<FlowRule> rules;
    private final List<Rss> contexts;

    private ForeignTraffic(NicHandle nic, List<FlowRule> rules, List<Rss> contexts) {
        this.nic = nic;
        this.rules = rules;
        this.contexts = contexts;
    }

    /** Reads what steers traffic on {@code nic}; empty for a driver without flow rules and RSS. */
    static ForeignTraffic of(NicHandle nic) {
        List<FlowRule> rules =
                NicHandle.asked(() -> nic.ethtool().flowRules(nic.name())).orElse(List.of());
        List<Rss> contexts = NicHandle.asked(() -> nic.ethtool().rssContexts(nic.ifindex()))
                .or(() -> NicHandle.asked(() -> List.of(nic.ethtool().rss(nic.ifindex()))))
                .orElse(List.of());
        return new ForeignTraffic(nic, rules, contexts);
    }

    List<FlowRule> rules() {
        return rules;
    }

    List<Rss> contexts() {
        return contexts;
    }

    /** Returns what steers traffic to {@code queue}, other than the main RSS table, as a sentence with the remedy. */
    Optional<String> steeredTo(int queue, Predicate<FlowRule> own, OptionalLong ownContext) {
        return rules.stream()
                .filter(rule -> names(rule.action(), queue) && !own.test(rule))
                .map(rule -> "flow rule " + rule + " steers to queue " + queue + ": ethtool -N " + nic.name()
                        + " delete " + rule.location().orElse(0) + " removes it")
                .findFirst()
                .or(() -> contexts.stream()
                        .filter(context -> context.context() != 0
                                && ownContext.orElse(0) != context.context()
                                && context.indir().contains(queue))
                        .map(context -> "RSS context " + context.context() + " spreads over queue " + queue
                                + ": ethtool -X " + nic.name() + " context " + context.context() + " delete removes it")
                        .findFirst())
                .or(() -> flowSteering(queue));
    }

    /**
     * Returns whether accelerated RFS, by which a driver steers single flows of the host to the queue of the CPU that
     * reads them, can steer to {@code queue}. set_rps_cpu() in net/core/dev.c checks the table of the queue that it
     * would choose. A process that may not mount can check only if /sys shows the NIC.
     */
    private Optional<String> flowSteering(int queue) {
        Path shown = KernelText.path("/sys/class/net/" + nic.name());
        Path file = Path.of("queues/rx-" + queue + "/rps_flow_cnt");
        return nic.sockets()
                .deviceDirectory(nic.name())
                .or(() -> KernelFiles.find(shown.resolve("ifindex"))
                        .filter(Integer.toString(nic.ifindex())::equals)
                        .map(_ -> shown))
                .flatMap(directory -> KernelFiles.find(directory.resolve(file)))
                .filter(flows -> !flows.equals("0"))
                .map(_ -> "accelerated RFS can steer flows of the host to queue " + queue + ": echo 0 > "
                        + KernelText.text(shown) + "/" + file + " ends that");
    }

    /** Returns a sentence with the remedy if the main RSS table spreads over {@code queue}. */
    Optional<String> spreadTo(int queue) {
        return contexts.stream()
                .filter(context -> context.context() == 0 && context.indir().contains(queue))
                .map(_ -> "RSS spreads traffic of others over queue " + queue
                        + ": set a table without it, by ethtool -X " + nic.name() + " weight")
                .findFirst();
    }

    private boolean names(FlowAction action, int queue) {
        return switch (action) {
            case FlowAction.Queue to -> to.queue() == queue;
            case FlowAction.RssContext to -> spreads(to.context(), queue);
            case FlowAction.Drop _ -> false;
            case FlowAction.Other other -> names(other, queue);
        };
    }

    private boolean spreads(int context, int queue) {
        return contexts.stream()
                .anyMatch(one -> one.context() == context && one.indir().contains(queue));
    }

    /**
     * Returns whether a rule's action names {@code queue}. With an RSS context the cookie is added to the entries of
     * its table.
     */
    private boolean names(FlowAction.Other other, int queue) {
        if (other.ringCookie() < 0 || other.ringCookie() >>> FUNCTION_SHIFT != 0) {
            return false;
        }
        if (other.context().isEmpty()) {
            return other.ringCookie() == queue;
        }
        return contexts.stream()
                .filter(context -> context.context() == other.context().getAsInt())
                .flatMap(context -> context.indir().stream())
                .anyMatch(entry -> entry + other.ringCookie() == queue);
    }
}
