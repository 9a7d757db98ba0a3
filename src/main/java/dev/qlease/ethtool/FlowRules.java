package dev.qlease.ethtool;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ethtool_rx_flow_spec;
import dev.qlease.ffi.uapi.ethtool_rxnfc;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The flow rules of devices; ETHTOOL_GRXCLSRL and ETHTOOL_SRXCLSRL in linux/ethtool.h, which have no netlink
 * equivalent.
 */
final class FlowRules {
    /** Space for rules that are added between counting and listing. */
    private static final int SPARE = 16;

    /** How often the space is enlarged for rules that were added in the meantime. */
    private static final int ATTEMPTS = 8;

    private final Ioctls ioctls;

    FlowRules(Ioctls ioctls) {
        this.ioctls = ioctls;
    }

    private static MemorySegment command(Arena arena, int number, int locations) {
        MemorySegment rxnfc = arena.allocate(roomFor(locations), 8);
        ethtool_rxnfc.cmd(rxnfc, number);
        return rxnfc;
    }

    /** The flexible array begins within the structure's padding. */
    private static long roomFor(int locations) {
        return ethtool_rxnfc.sizeof() + (long) Integer.BYTES * locations;
    }

    /**
     * A device's table.
     *
     * @param size number of locations; 0 if the driver does not report it
     * @param special whether the driver chooses locations itself
     * @param used the locations in use
     */
    record Table(long size, boolean special, List<Integer> used) {
        /**
         * Returns a location for a rule without one: after all others if possible, so that it precedes none of them.
         */
        OptionalInt free() {
            if (special) {
                return OptionalInt.of(Uapi.RX_CLS_LOC_ANY());
            }
            Set<Integer> taken = Set.copyOf(used);
            for (long location = size - 1; location >= 0; location--) {
                if (!taken.contains((int) location)) {
                    return OptionalInt.of((int) location);
                }
            }
            return OptionalInt.empty();
        }
    }

    private Table table(String ifname) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = command(arena, Uapi.ETHTOOL_GRXCLSRLCNT(), 0);
            ioctls.call(ifname, count, "count the flow rules");
            int room = ethtool_rxnfc.rule_cnt(count) + SPARE;
            for (int attempt = 1; ; attempt++) {
                MemorySegment list = command(arena, Uapi.ETHTOOL_GRXCLSRLALL(), room);
                ethtool_rxnfc.rule_cnt(list, room);
                int result = ioctls.request(ifname, list);
                if (result == -Errno.EMSGSIZE.number() && attempt < ATTEMPTS) {
                    room *= 2;
                    continue;
                }
                LinuxException.check(result, Ioctls.title("list the flow rules", ifname));
                return new Table(
                        ethtool_rxnfc.data(list) & ~special(),
                        (ethtool_rxnfc.data(count) & special()) != 0,
                        used(list));
            }
        }
    }

    private static long special() {
        return Integer.toUnsignedLong(Uapi.RX_CLS_LOC_SPECIAL());
    }

    private static List<Integer> used(MemorySegment list) {
        return IntStream.range(0, ethtool_rxnfc.rule_cnt(list))
                .mapToObj(i ->
                        list.get(ValueLayout.JAVA_INT, ethtool_rxnfc.rule_locs$offset() + (long) Integer.BYTES * i))
                .toList();
    }

    /** Returns all rules, by location. */
    List<FlowRule> list(String ifname) {
        return at(ifname, table(ifname).used());
    }

    private List<FlowRule> at(String ifname, List<Integer> locations) {
        List<FlowRule> rules = new ArrayList<>();
        for (int location : locations.stream().sorted().toList()) {
            try {
                rules.add(get(ifname, location));
            } catch (LinuxException e) {
                // The rule was deleted between listing and reading.
                if (!e.is(Errno.ENOENT)) {
                    throw e;
                }
            }
        }
        return List.copyOf(rules);
    }

    private FlowRule get(String ifname, int location) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rxnfc = command(arena, Uapi.ETHTOOL_GRXCLSRULE(), 0);
            ethtool_rx_flow_spec.location(ethtool_rxnfc.fs(rxnfc), location);
            ioctls.call(ifname, rxnfc, "get flow rule " + location);
            return FlowSpec.read(rxnfc);
        }
    }

    FlowRule add(String ifname, FlowRule rule) {
        String what = "add flow rule " + rule;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rxnfc = command(arena, Uapi.ETHTOOL_SRXCLSRLINS(), 0);
            FlowSpec.write(rule, rxnfc);
            Table table = table(ifname);
            int location = rule.location().isPresent()
                    ? checkedFree(ifname, what, table, rule.location().getAsInt())
                    : freeLocation(ifname, what, table, rule);
            ethtool_rx_flow_spec.location(ethtool_rxnfc.fs(rxnfc), location);
            int result = ioctls.request(ifname, rxnfc);
            if (result == -Errno.EINVAL.number()) {
                checkQueue(ifname, what, rule.action());
            }
            LinuxException.check(result, Ioctls.title(what, ifname));
            return rule.at(ethtool_rx_flow_spec.location(ethtool_rxnfc.fs(rxnfc)));
        }
    }

    /** Refuses an occupied location, since drivers replace the rule there silently. */
    private static int checkedFree(String ifname, String what, Table table, int location) {
        if (table.used().contains(location)) {
            throw refused(ifname, what, Errno.EEXIST, "there is a rule at location " + location);
        }
        return location;
    }

    /**
     * Chooses the location of a rule without one. Drivers that choose themselves may replace a rule with the same
     * match.
     */
    private int freeLocation(String ifname, String what, Table table, FlowRule rule) {
        for (FlowRule other : at(ifname, table.used())) {
            if (other.match().equals(rule.match())) {
                throw refused(
                        ifname, what, Errno.EEXIST, "there is already a rule for exactly these packets: " + other);
            }
        }
        return table.free()
                .orElseThrow(() -> refused(
                        ifname,
                        what,
                        Errno.ENOSPC,
                        "none of the " + table.size() + " locations of the device's table is free"));
    }

    /**
     * Explains a failure: the ioctl returns only a number, and a wrong queue is the one cause that can be recognized.
     */
    private void checkQueue(String ifname, String what, FlowAction action) {
        if (action instanceof FlowAction.Queue(int queue)) {
            long queues = receiveQueues(ifname);
            if (queue >= queues) {
                throw refused(ifname, what, Errno.EINVAL, "the device has receive queues 0 to " + (queues - 1));
            }
        }
    }

    private long receiveQueues(String ifname) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rxnfc = command(arena, Uapi.ETHTOOL_GRXRINGS(), 0);
            ioctls.call(ifname, rxnfc, "count the receive queues");
            return ethtool_rxnfc.data(rxnfc);
        }
    }

    private static LinuxException refused(String ifname, String what, Errno errno, String why) {
        return new LinuxException(Ioctls.title(what, ifname), errno.number(), why);
    }

    FlowRule delete(String ifname, int location) {
        Numbers.checkRange("a location", location, 0, Integer.MAX_VALUE);
        FlowRule before = get(ifname, location);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rxnfc = command(arena, Uapi.ETHTOOL_SRXCLSRLDEL(), 0);
            ethtool_rx_flow_spec.location(ethtool_rxnfc.fs(rxnfc), location);
            ioctls.call(ifname, rxnfc, "delete flow rule " + location);
            return before;
        }
    }
}
