/**
 * The kernel's {@code netdev} generic netlink family: devices, queues, NAPI instances, page pools, statistics, queue
 * leases and dma-buf bindings. Source: linux/netdev.h, Documentation/netlink/specs/netdev.yaml.
 *
 * {@snippet :
 * try (Netdev netdev = Netdev.open(namespace)) {
 *     netdev.queues().forEach(System.out::println);
 * }
 * }
 *
 * <p>Records are named and fields are ordered as in that specification. What a kernel does not report is empty.
 */
@NullMarked
package dev.qlease.netdev;

import org.jspecify.annotations.NullMarked;
