package dev.qlease.ethtool;

import java.util.OptionalInt;

/**
 * A rule by which a device steers received packets, apart from hashing them; struct ethtool_rx_flow_spec. Of those that
 * match a packet the one at the lowest location counts.
 *
 * {@snippet :
 * FlowRule rule = ethtool.addFlowRule("eth0",
 *         FlowRule.of(FlowMatch.tcp4().destinationPort(5201), FlowAction.queue(3)));
 * ...
 * ethtool.deleteFlowRule("eth0", rule.location().getAsInt());
 * }
 *
 * @param location where it is in the device's table; empty for a new one that may go anywhere
 * @param match which packets
 * @param action what becomes of them
 */
public record FlowRule(OptionalInt location, FlowMatch match, FlowAction action) {
    /** Checks that the location is not negative: the kernel has such numbers for "anywhere". */
    public FlowRule {
        location.ifPresent(place -> Numbers.checkRange("a location", place, 0, Integer.MAX_VALUE));
    }

    /** A rule that may go anywhere. */
    public static FlowRule of(FlowMatch match, FlowAction action) {
        return new FlowRule(OptionalInt.empty(), match, action);
    }

    /** The same at this location. */
    public FlowRule at(int place) {
        return new FlowRule(OptionalInt.of(place), match, action);
    }

    /** Such as {@code tcp4 dst-port 443 -> queue 3 at 63}. */
    @Override
    public String toString() {
        String rule = match + " -> " + action;
        return location.isPresent() ? rule + " at " + location.getAsInt() : rule;
    }
}
