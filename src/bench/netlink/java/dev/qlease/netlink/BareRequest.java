package dev.qlease.netlink;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.sockaddr_nl;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.SocketMessage;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongSupplier;

/**
 * The two system calls of a request for a queue, without anything else: what remains of a request's own time is what
 * qlease does, and the difference to the same loop in C is what calling C from Java costs.
 */
public final class BareRequest implements LongSupplier {
    private static final int RECEIVE_BUFFER = 1 << 15;

    private final int descriptor;
    private final MemorySegment request;
    private final SocketMessage incoming;

    /** Makes requests on the socket of {@code netlink}, which must stay open. */
    public BareRequest(GenericNetlink netlink, int ifindex) {
        descriptor = netlink.socket().descriptor().number();
        incoming = new SocketMessage(Arena.global(), sockaddr_nl.sizeof(), 1, 0);
        incoming.piece(0, Arena.global().allocate(RECEIVE_BUFFER));
        int type = netlink.family("netdev").id();
        request = ints(
                0,
                type | Uapi.NLM_F_REQUEST() << Short.SIZE,
                0,
                0,
                Uapi.NETDEV_CMD_QUEUE_GET() | 1 << Byte.SIZE,
                header(Uapi.NETDEV_A_QUEUE_IFINDEX()),
                ifindex,
                header(Uapi.NETDEV_A_QUEUE_TYPE()),
                Uapi.NETDEV_QUEUE_TYPE_RX(),
                header(Uapi.NETDEV_A_QUEUE_ID()),
                0);
        request.set(ValueLayout.JAVA_INT, 0, (int) request.byteSize());
    }

    private static int header(int attribute) {
        return Attributes.HEADER + Integer.BYTES | attribute << Short.SIZE;
    }

    private static MemorySegment ints(int... words) {
        return Arena.global().allocateFrom(ValueLayout.JAVA_INT, words);
    }

    @Override
    public long getAsLong() {
        LinuxException.check(Sockets.send(descriptor, request, request.byteSize(), 0), "send");
        incoming.reset();
        LinuxException.check(Sockets.recvmsg(descriptor, incoming.header(), Libc.MSG_DONTWAIT()), "recvmsg");
        return 1;
    }
}
