/** Health and metrics of the driver of a Kubernetes node, by HTTP. Not exported. */
@NullMarked
package dev.qlease.node.status;

import org.jspecify.annotations.NullMarked;
