package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Map;
import java.util.Set;

/** The socket options of java.net that TCP sockets support, with the kernel's numbers; socket(7), tcp(7), ip(7). */
final class TcpOptions {
    private record Known(int level, int option) {}

    private static final Map<SocketOption<?>, Known> KNOWN = Map.of(
            StandardSocketOptions.SO_KEEPALIVE, new Known(Libc.SOL_SOCKET(), Libc.SO_KEEPALIVE()),
            StandardSocketOptions.SO_REUSEADDR, new Known(Libc.SOL_SOCKET(), Libc.SO_REUSEADDR()),
            StandardSocketOptions.SO_REUSEPORT, new Known(Libc.SOL_SOCKET(), Libc.SO_REUSEPORT()),
            StandardSocketOptions.SO_SNDBUF, new Known(Libc.SOL_SOCKET(), Libc.SO_SNDBUF()),
            StandardSocketOptions.SO_RCVBUF, new Known(Libc.SOL_SOCKET(), Libc.SO_RCVBUF()),
            StandardSocketOptions.SO_LINGER, new Known(Libc.SOL_SOCKET(), Libc.SO_LINGER()),
            StandardSocketOptions.TCP_NODELAY, new Known(Libc.IPPROTO_TCP(), Libc.TCP_NODELAY()),
            StandardSocketOptions.IP_TOS, new Known(Libc.SOL_IP(), Libc.IP_TOS()));

    private TcpOptions() {}

    static Set<SocketOption<?>> supported() {
        return KNOWN.keySet();
    }

    private static Known known(SocketOption<?> option) {
        Known known = KNOWN.get(option);
        if (known == null) {
            throw new UnsupportedOperationException(
                    "socket option " + option.name() + " is not supported for TCP sockets");
        }
        return known;
    }

    static <T> void set(TcpSocket socket, SocketOption<T> option, T value) {
        Known known = known(option);
        if (option.equals(StandardSocketOptions.SO_LINGER)) {
            socket.linger((Integer) value);
            return;
        }
        int plain = value instanceof Boolean on ? (on ? 1 : 0) : (Integer) value;
        socket.set(known.level, known.option, plain, option.name());
        if (option.equals(StandardSocketOptions.IP_TOS) && socket.isIpv6()) {
            // IPv6 packets have an option of their own for it.
            socket.set(Libc.SOL_IPV6(), Libc.IPV6_TCLASS(), plain, option.name());
        }
    }

    static <T> T get(TcpSocket socket, SocketOption<T> option) {
        Known known = known(option);
        if (option.equals(StandardSocketOptions.SO_LINGER)) {
            return option.type().cast(socket.linger());
        }
        int plain = socket.get(known.level, known.option, option.name());
        return option.type().cast(option.type() == Boolean.class ? (Object) (plain != 0) : (Object) plain);
    }
}
