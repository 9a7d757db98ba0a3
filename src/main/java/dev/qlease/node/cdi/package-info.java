/**
 * A specification file of the Container Device Interface, and the OCI hooks that it names: gives containers leased
 * queues. Not exported.
 *
 * <p>A lease has its container and device as its owner, so that a later hook finds this lease and no other, whatever
 * was renamed, moved or reused in between.
 */
@NullMarked
package dev.qlease.node.cdi;

import org.jspecify.annotations.NullMarked;
