/**
 * Device-memory TCP for event loops, which {@code dev.qlease.netty} uses for its channels. Separate from {@code
 * dev.qlease.devmem} so that only that package is exported.
 */
@NullMarked
package dev.qlease.devmem.loop;

import org.jspecify.annotations.NullMarked;
