package dev.qlease.ethtool;

import java.util.OptionalInt;

/**
 * A rule by which a device steers received packets, instead of spreading them by hash; struct ethtool_rx_flow_spec. If
 * several rules match a packet, the one at the lowest location applies.
 *
 * {@snippet :
 * FlowRule rule = ethtool.addFlowRule("eth0",
 *         FlowRule.of(FlowMatch.tcp4().destinationPort(5201), FlowAction.queue(3)));
 * ...
 * ethtool.deleteFlowRule("eth0", rule.location().getAsInt());
 * }
 *
 * @param location its location in the device's table; empty for a new rule that may be added at any location
 * @param match the packets to which it applies
 * @param action what happens to them
 */
public record FlowRule(OptionalInt location, FlowMatch match, FlowAction action) {
    /** Checks that the location is not negative: the kernel uses negative numbers for "anywhere". */
    public FlowRule {
        location.ifPresent(place -> Numbers.checkRange("a location", place, 0, Integer.MAX_VALUE));
    }

    /** Returns a rule that may be added at any location. */
    public static FlowRule of(FlowMatch match, FlowAction action) {
        return new FlowRule(OptionalInt.empty(), match, action);
    }

    /** Returns the same rule at this location. */
    public FlowRule at(int place) {
        return new FlowRule(OptionalInt.of(place), match, action);
    }

    /** Returns text such as {@code tcp4 dst-port 443 -> queue 3 at 63}. */
    @Override
    public String toString() {
        String rule = match + " -> " + action;
        return location.isPresent() ? rule + " at " + location.getAsInt() : rule;
    }
}
