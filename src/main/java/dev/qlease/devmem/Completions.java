package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.msghdr;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.sock_extended_err;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.ControlMessages;
import dev.qlease.linux.sys.SocketMessage;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads completions from a socket's error queue; msg_zerocopy.rst. Guarded by its socket's lock. Allocates nothing. */
final class Completions {
    /** Room for one sock_extended_err, with the offender's address that the kernel puts behind it. */
    private static final long CONTROL = ControlMessages.space(sock_extended_err.sizeof() + 28) * 2;

    private final SocketMessage message;
    private final ControlMessages control = new ControlMessages();
    private final InFlight inFlight;
    private long completed;
    private long copied;

    Completions(Arena arena, InFlight inFlight) {
        this(message(arena), inFlight);
    }

    /** With the memory of {@link #message}, which may be used for one socket after the other. */
    Completions(SocketMessage message, InFlight inFlight) {
        this.message = message;
        this.inFlight = inFlight;
    }

    /** What reading an error queue takes. */
    static SocketMessage message(Arena arena) {
        return new SocketMessage(arena, 0, 0, CONTROL);
    }

    /**
     * Takes all that has come; answers how many sends completed. Once none is under way there is nothing more to look for,
     * which spares the system call that would say so.
     */
    int drain(int fd) {
        int sends = 0;
        while (true) {
            message.reset();
            long result = Sockets.recvmsg(fd, message.header(), Libc.MSG_ERRQUEUE() | Libc.MSG_DONTWAIT());
            if (result == -Libc.EAGAIN()) {
                return sends;
            }
            LinuxException.check(result, "recvmsg of completions");
            control.rewind(message.control(), msghdr.msg_controllen(message.header()));
            while (control.next()) {
                sends += take();
            }
            if (inFlight.outstanding() == 0) {
                return sends;
            }
        }
    }

    private int take() {
        if (!control.is(Libc.SOL_IP(), Libc.IP_RECVERR()) && !control.is(Libc.SOL_IPV6(), Libc.IPV6_RECVERR())) {
            return 0;
        }
        // No view of it: this may run too seldom for Java ever to compile a view away.
        MemorySegment buffer = message.control();
        long error = control.dataOffset();
        if (control.dataLength() < sock_extended_err.sizeof()
                || buffer.get(ValueLayout.JAVA_BYTE, error + sock_extended_err.ee_origin$offset())
                        != Uapi.SO_EE_ORIGIN_ZEROCOPY()) {
            return 0;
        }
        int sends = inFlight.complete(
                buffer.get(ValueLayout.JAVA_INT_UNALIGNED, error + sock_extended_err.ee_info$offset()),
                buffer.get(ValueLayout.JAVA_INT_UNALIGNED, error + sock_extended_err.ee_data$offset()));
        completed += sends;
        if ((buffer.get(ValueLayout.JAVA_BYTE, error + sock_extended_err.ee_code$offset())
                        & Uapi.SO_EE_CODE_ZEROCOPY_COPIED())
                != 0) {
            copied += sends;
        }
        return sends;
    }

    long completed() {
        return completed;
    }

    long copied() {
        return copied;
    }
}
