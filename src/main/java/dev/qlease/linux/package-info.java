/**
 * What every other package says about the operating system: errors, file descriptors, network namespaces.
 *
 * <p>The system calls themselves are in {@code dev.qlease.linux.sys}, which is not exported.
 */
@NullMarked
package dev.qlease.linux;

import org.jspecify.annotations.NullMarked;
