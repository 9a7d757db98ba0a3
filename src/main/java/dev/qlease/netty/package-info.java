/**
 * Device memory on Netty's epoll event loops: channels that send and receive it together with ordinary bytes, and
 * netlink without a thread of its own. Netty 4.2 is an optional dependency: add netty-transport-native-epoll with the
 * classifier of the machine, linux-x86_64 or linux-aarch_64.
 *
 * {@snippet :
 * new ServerBootstrap().group(group).channel(DevmemServerSocketChannel.class).childHandler(handler)
 *         .bind(5210).sync().channel().closeFuture().sync();
 * }
 */
@NullMarked
package dev.qlease.netty;

import org.jspecify.annotations.NullMarked;
