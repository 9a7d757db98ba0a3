package dev.qlease.lease;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An AF_XDP socket on a receive queue, as linux/if_xdp.h has it, in copy mode. Closing gives the queue back. */
final class Xsk implements AutoCloseable {
    private static final int AF_XDP = 44;
    private static final int SOL_XDP = 283;
    private static final int SOCK_RAW = 3;
    private static final int XDP_RX_RING = 2;
    private static final int XDP_UMEM_REG = 4;
    private static final int XDP_UMEM_FILL_RING = 5;
    private static final int XDP_UMEM_COMPLETION_RING = 6;
    private static final short XDP_COPY = 2;
    private static final int FRAME = 4096;
    private static final int FRAMES = 64;

    private final Arena arena = Arena.ofShared();
    private final FileDescriptor socket;

    Xsk(int ifindex, int queue) {
        socket = FileDescriptor.owning(
                LinuxException.check(Sockets.socket(AF_XDP, SOCK_RAW, 0), "open an AF_XDP socket"), "AF_XDP socket");
        try {
            MemorySegment region = arena.allocate(32, 8);
            region.set(
                    ValueLayout.JAVA_LONG,
                    0,
                    arena.allocate(FRAME * FRAMES, FRAME).address());
            region.set(ValueLayout.JAVA_LONG, 8, FRAME * FRAMES);
            region.set(ValueLayout.JAVA_INT, 16, FRAME);
            option(XDP_UMEM_REG, region);
            MemorySegment entries = arena.allocateFrom(ValueLayout.JAVA_INT, FRAMES);
            option(XDP_UMEM_FILL_RING, entries);
            option(XDP_UMEM_COMPLETION_RING, entries);
            option(XDP_RX_RING, entries);
            MemorySegment address = arena.allocate(16, 4);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_XDP);
            address.set(ValueLayout.JAVA_SHORT, 2, XDP_COPY);
            address.set(ValueLayout.JAVA_INT, 4, ifindex);
            address.set(ValueLayout.JAVA_INT, 8, queue);
            LinuxException.check(
                    Sockets.bind(socket.number(), address, (int) address.byteSize()), "bind an AF_XDP socket");
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void option(int option, MemorySegment value) {
        LinuxException.check(
                Sockets.setsockopt(socket.number(), SOL_XDP, option, value, (int) value.byteSize()),
                "AF_XDP socket option " + option);
    }

    @Override
    public void close() {
        socket.close();
        arena.close();
    }
}
