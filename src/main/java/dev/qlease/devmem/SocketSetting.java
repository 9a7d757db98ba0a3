package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;

/** The settings of a TCP socket whose value is a number; socket(7), tcp(7), ip(7). Those that are on or off are 1 or 0. */
public enum SocketSetting {
    /** Whether an idle connection is probed. */
    SO_KEEPALIVE(Libc.SOL_SOCKET(), Libc.SO_KEEPALIVE()),
    /** Whether an address may be listened at while connections from before are still ending. */
    SO_REUSEADDR(Libc.SOL_SOCKET(), Libc.SO_REUSEADDR()),
    /** Whether several sockets may listen at one address. */
    SO_REUSEPORT(Libc.SOL_SOCKET(), Libc.SO_REUSEPORT()),
    /** Bytes of the send queue; the kernel doubles what it is given, for its own needs. */
    SO_SNDBUF(Libc.SOL_SOCKET(), Libc.SO_SNDBUF()),
    /** Bytes of the receive queue; doubled likewise. */
    SO_RCVBUF(Libc.SOL_SOCKET(), Libc.SO_RCVBUF()),
    /** Whether small segments are sent at once. */
    TCP_NODELAY(Libc.IPPROTO_TCP(), Libc.TCP_NODELAY()),
    /** The type of service, of packets of IPv4. */
    IP_TOS(Libc.SOL_IP(), Libc.IP_TOS()),
    /** The traffic class, of packets of IPv6. */
    IPV6_TCLASS(Libc.SOL_IPV6(), Libc.IPV6_TCLASS());

    private final int level;
    private final int option;

    SocketSetting(int level, int option) {
        this.level = level;
        this.option = option;
    }

    int level() {
        return level;
    }

    int option() {
        return option;
    }
}
