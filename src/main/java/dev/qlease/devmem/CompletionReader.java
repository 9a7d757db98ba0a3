package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.msghdr;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.sock_extended_err;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.ControlMessages;
import dev.qlease.linux.sys.SocketMessage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads completions from sockets' error queues; Documentation/networking/msg_zerocopy.rst. Has memory for one message
 * and can be used for any number of sockets, one at a time. Allocates nothing. Not thread-safe.
 */
final class CompletionReader {
    /** Room for one sock_extended_err, with the offender's address that the kernel appends to it. */
    private static final long CONTROL = ControlMessages.space(sock_extended_err.sizeof() + 28) * 2;

    private final SocketMessage message;
    private final ControlMessages control = new ControlMessages();

    CompletionReader(Arena arena) {
        message = new SocketMessage(arena, 0, 0, CONTROL);
    }

    /**
     * Reads all queued completions. Stops when no send is in flight, which saves the system call that would find the
     * queue empty.
     *
     * @return the number of sends that have completed
     */
    int drain(TcpSocket socket, InFlight inFlight) {
        int sends = 0;
        while (inFlight.outstanding() > 0) {
            message.reset();
            long result = socket.receiveErrors(message.header());
            if (result == -Libc.EAGAIN()) {
                break;
            }
            LinuxException.check(result, "recvmsg of completions");
            control.rewind(message.control(), msghdr.msg_controllen(message.header()));
            while (control.next()) {
                sends += take(inFlight);
            }
        }
        return sends;
    }

    private int take(InFlight inFlight) {
        if (!control.is(Libc.SOL_IP(), Libc.IP_RECVERR()) && !control.is(Libc.SOL_IPV6(), Libc.IPV6_RECVERR())) {
            return 0;
        }
        // Reads by offsets, without a slice: this may run too seldom for the JIT compiler to eliminate one.
        MemorySegment buffer = message.control();
        long error = control.dataOffset();
        if (control.dataLength() < sock_extended_err.sizeof()
                || buffer.get(ValueLayout.JAVA_BYTE, error + sock_extended_err.ee_origin$offset())
                        != Uapi.SO_EE_ORIGIN_ZEROCOPY()) {
            return 0;
        }
        byte code = buffer.get(ValueLayout.JAVA_BYTE, error + sock_extended_err.ee_code$offset());
        return inFlight.complete(
                buffer.get(ValueLayout.JAVA_INT_UNALIGNED, error + sock_extended_err.ee_info$offset()),
                buffer.get(ValueLayout.JAVA_INT_UNALIGNED, error + sock_extended_err.ee_data$offset()),
                (code & Uapi.SO_EE_CODE_ZEROCOPY_COPIED()) != 0);
    }
}
