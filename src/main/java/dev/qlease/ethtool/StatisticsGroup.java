package dev.qlease.ethtool;

import java.util.List;

/**
 * Counters with the same meaning on all devices.
 *
 * @param name the kernel's name for the group: {@code eth-phy}, {@code eth-mac}, {@code eth-ctrl}, {@code rmon} and so
 *     on
 * @param statistics the counters, by the standards' names; those that the driver does not support are missing
 */
public record StatisticsGroup(String name, List<Statistic> statistics) {
    /** Keeps a copy of the list. */
    public StatisticsGroup {
        statistics = List.copyOf(statistics);
    }
}
