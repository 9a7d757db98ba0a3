/**
 * Device-memory TCP: bindings, sockets that send from them and receive into them, completions and tokens. Sources:
 * Documentation/networking/devmem.rst, Documentation/networking/msg_zerocopy.rst, net/core/devmem.c, net/ipv4/tcp.c.
 *
 * {@snippet :
 * Device guest = Device.named(container, "nk0");
 * try (DmaBuf memory = Udmabuf.pages().allocate(4 << 20);
 *         TxBinding binding = guest.bindTx(memory);
 *         DevmemSocket socket = guest.connect(binding, new InetSocketAddress("2001:db8:1::2", 5201))) {
 *     DevmemOutput output = DevmemOutput.over(socket, 256 << 10);
 *     output.transferFrom(file);
 *     output.finish(Duration.ofSeconds(30));
 * }
 * }
 */
@NullMarked
package dev.qlease.devmem;

import org.jspecify.annotations.NullMarked;
