/**
 * A plugin of the Node Resource Interface (NRI) of containerd and CRI-O: is notified of the pods of a node before their
 * containers start. Not exported.
 *
 * <p>Plugin and runtime call each other through one unix socket, which carries two connections: frames with the number
 * of the connection and their length before them. Each connection carries messages of ttrpc, which can span frames.
 *
 * @see <a href="https://github.com/containerd/nri">containerd/nri</a>
 * @see <a href="https://github.com/containerd/ttrpc/blob/main/PROTOCOL.md">The protocol of ttrpc</a>
 */
@NullMarked
package dev.qlease.node.nri;

import org.jspecify.annotations.NullMarked;
