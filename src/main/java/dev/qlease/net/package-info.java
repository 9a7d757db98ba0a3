/**
 * A network namespace with the kernel interfaces of its devices, and the one rule by which devices are found.
 *
 * {@snippet :
 * try (NetworkNamespace blue = NetworkNamespace.named("blue");
 *         NamespaceSockets sockets = NamespaceSockets.of(blue)) {
 *     Link link = sockets.requireLink("eth0");
 *     sockets.netdev().queues(link.ifindex()).forEach(System.out::println);
 * }
 * }
 */
@NullMarked
package dev.qlease.net;

import org.jspecify.annotations.NullMarked;
