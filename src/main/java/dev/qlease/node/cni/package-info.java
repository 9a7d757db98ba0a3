/**
 * A plugin of the Container Network Interface, specification 1.1.0: gives containers leased queues. Not exported.
 *
 * <p>An attachment is a network, a container and an interface; its lease has them as its owner, so that a later
 * invocation finds this lease and no other, whatever was renamed, moved or reused in between.
 */
@NullMarked
package dev.qlease.node.cni;

import org.jspecify.annotations.NullMarked;
