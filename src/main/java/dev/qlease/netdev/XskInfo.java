package dev.qlease.netdev;

/** Says that an AF_XDP socket has a queue; the kernel tells no more about it so far. */
public record XskInfo() {}
