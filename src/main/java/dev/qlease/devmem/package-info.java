/**
 * Device-memory TCP: bindings, sockets that send from them and receive into them, completions and tokens. Source:
 * Documentation/networking/devmem.rst, Documentation/networking/msg_zerocopy.rst, net/core/devmem.c, net/ipv4/tcp.c.
 */
@NullMarked
package dev.qlease.devmem;

import org.jspecify.annotations.NullMarked;
