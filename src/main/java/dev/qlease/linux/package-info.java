/**
 * The operating system as all other packages see it: errors, file descriptors, network namespaces.
 *
 * {@snippet :
 * try (NetworkNamespace container = NetworkNamespace.named("container")) {
 *     System.out.println(container.cookie());
 * }
 * }
 *
 * <p>The system calls themselves are in {@code dev.qlease.linux.sys}, which is not exported.
 */
@NullMarked
package dev.qlease.linux;

import org.jspecify.annotations.NullMarked;
