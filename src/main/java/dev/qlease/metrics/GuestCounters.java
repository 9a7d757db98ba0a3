package dev.qlease.metrics;

import dev.qlease.rtnetlink.LinkStats;

/**
 * The counters of a guest's device, which count the packets of its lease.
 *
 * @param lease the id of the lease
 * @param stats the device's counters
 */
public record GuestCounters(String lease, LinkStats stats) {}
