/**
 * Device-memory TCP: bindings, sockets that send from them, completions. Source:
 * Documentation/networking/devmem.rst, Documentation/networking/msg_zerocopy.rst, net/core/devmem.c.
 */
@NullMarked
package dev.qlease.devmem;

import org.jspecify.annotations.NullMarked;
