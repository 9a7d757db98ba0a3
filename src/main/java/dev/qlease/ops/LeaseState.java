package dev.qlease.ops;

/**
 * A lease, wanted or existing, whose NIC and namespace were found.
 *
 * @param name its name
 * @param nic its NIC
 * @param netns the namespace of its guest
 * @param shape everything else
 */
record LeaseState(String name, NicIdentity nic, GuestNamespace netns, LeaseShape shape) {}
