package dev.qlease.ops;

/**
 * A lease as a file describes it.
 *
 * @param name its name
 * @param nic its NIC
 * @param guest the namespace of its guest
 * @param shape everything else
 * @param position where it is described
 */
public record WantedLease(String name, NicSelector nic, GuestSelector guest, LeaseShape shape, Position position) {}
