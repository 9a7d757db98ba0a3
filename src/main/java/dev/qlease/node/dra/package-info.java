/**
 * A driver for Kubernetes' Dynamic Resource Allocation: publishes the node's NICs, and prepares claims of their receive
 * queues for kubelet. A claim's queues are leased when its pod's sandbox exists, of which {@link dev.qlease.node.nri}
 * tells; until then, a gate keeps the pod's containers from starting.
 */
@NullMarked
package dev.qlease.node.dra;

import org.jspecify.annotations.NullMarked;
