/**
 * Device memory for processes without privileges: an agent on the node binds their dma-bufs to the queues that are
 * leased to their network namespace, and hands them the bindings.
 *
 * <p>{@link dev.qlease.node.PodBindings} is the client, {@link dev.qlease.node.NodeAgent} the agent.
 *
 * <h2>Protocol, version 1</h2>
 *
 * <p>The agent listens on a unix socket of type SOCK_SEQPACKET, each connection of which serves one request. All
 * numbers are unsigned and in network byte order. A message has at most 1024 bytes, and begins with the magic number
 * 0x716c6e64 ("qlnd", 4 bytes), the version (2 bytes) and its kind (2 bytes):
 *
 * <ol>
 *   <li>The agent sends {@code ready}, kind 0, without anything further, or refuses. Before that, the kernel refuses
 *       to send a descriptor to it (EPERM).
 *   <li>The client sends {@code bind}, kind 1: the size of the pieces to fill in bytes (4 bytes, 0 for a page), the
 *       number of queues (2 bytes, at most 64, 0 for all leased ones), each queue (4 bytes), the length of the device's
 *       name (2 bytes, 1 to 127), and the name or ifindex of the device in the client's network namespace, in UTF-8.
 *       With it comes one descriptor, of the dma-buf (SCM_RIGHTS).
 *   <li>The agent sends {@code bound}, kind 2: the id of the binding (4 bytes), the ifindex of the device (4 bytes),
 *       the number of queues (2 bytes), and each queue (4 bytes). With it comes one descriptor, of the netlink socket
 *       that holds the binding. Or it refuses.
 * </ol>
 *
 * <p>{@code refused}, kind 3, has the number of a {@link dev.qlease.node.BindingRefusedException.Reason} (2 bytes), the
 * length of a sentence (2 bytes) and the sentence, in UTF-8. After {@code bound} and {@code refused} the agent ends the
 * connection. A client that gets a message of another version cannot use the agent; the first 8 bytes have the same
 * meaning in all versions.
 */
@NullMarked
package dev.qlease.node;

import org.jspecify.annotations.NullMarked;
