/**
 * Device memory on Netty's epoll event loops: channels that send and receive it among ordinary bytes, and netlink without a
 * thread of its own. Netty 4.2 is an optional dependency: who uses this package adds netty-transport-native-epoll with the
 * classifier of their machine, linux-x86_64 or linux-aarch_64.
 */
@NullMarked
package dev.qlease.netty;

import org.jspecify.annotations.NullMarked;
