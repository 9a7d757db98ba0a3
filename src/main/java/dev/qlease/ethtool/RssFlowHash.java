package dev.qlease.ethtool;

/**
 * The fields that a device hashes for one kind of flow.
 *
 * @param flow the kernel's name for the kind, such as {@code tcp4}
 * @param fields the fields; none if such packets are not spread
 */
public record RssFlowHash(String flow, RssHashFields fields) {}
