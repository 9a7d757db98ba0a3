package dev.qlease.netdev;

/** Marks a queue that an AF_XDP socket uses; the kernel reports nothing more about it so far. */
public record XskInfo() {}
