package dev.qlease.bpf;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** A raw packet socket on one device, as root in a container has it; packet(7). */
final class FrameSocket implements AutoCloseable {
    private static final ValueLayout.OfShort NETWORK_SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int ADDRESS = 20;
    private static final int FRAME = 65536;

    /** linux/if_packet.h. */
    private static final int PACKET_VNET_HDR = 15;

    /** Bytes of struct virtio_net_hdr, and VIRTIO_NET_HDR_F_NEEDS_CSUM; linux/virtio_net.h. */
    private static final int OFFLOAD = 10;

    private static final byte NEEDS_CSUM = 1;

    private final FileDescriptor socket;
    private final int ifindex;

    private FrameSocket(FileDescriptor socket, int ifindex) {
        this.socket = socket;
        this.ifindex = ifindex;
    }

    /** @param namespace the device's; {@link NetworkNamespace#ofCaller()} for this thread's */
    static FrameSocket open(NetworkNamespace namespace, int ifindex) {
        int type = Libc.SOCK_RAW() | Libc.SOCK_CLOEXEC() | Libc.SOCK_NONBLOCK();
        int result = namespace.run(() -> Sockets.socket(Libc.AF_PACKET(), type, 0));
        FileDescriptor socket =
                FileDescriptor.owning(LinuxException.check(result, "open a packet socket"), "packet socket");
        FrameSocket opened = new FrameSocket(socket, ifindex);
        try (Arena arena = Arena.ofConfined()) {
            LinuxException.check(
                    Sockets.bind(socket.number(), opened.address(arena, Uapi.ETH_P_ALL()), ADDRESS),
                    "bind a packet socket");
        }
        return opened;
    }

    private MemorySegment address(Arena arena, int protocol) {
        MemorySegment address = arena.allocate(ADDRESS, 4);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) Libc.AF_PACKET());
        address.set(NETWORK_SHORT, 2, (short) protocol);
        address.set(ValueLayout.JAVA_INT, 4, ifindex);
        return address;
    }

    /** Sends a frame as being of the protocol that it says it is. */
    void send(byte[] frame) {
        send(frame, (frame[12] & 0xff) << 8 | frame[13] & 0xff);
    }

    /** Sends a frame as being of a protocol. That the device dropped it, ENOBUFS, is no failure. */
    void send(byte[] frame, int protocol) {
        try (Arena arena = Arena.ofConfined()) {
            long result = Sockets.sendto(
                    socket.number(),
                    arena.allocateFrom(ValueLayout.JAVA_BYTE, frame),
                    frame.length,
                    0,
                    address(arena, protocol),
                    ADDRESS);
            if (result != -Errno.ENOBUFS.number()) {
                LinuxException.check(result, "send a frame");
            }
        }
    }

    /**
     * Sends a frame whose checksum is still to be written.
     *
     * @param start where the bytes begin that are summed, from the frame's first
     * @param offset the checksum's place, from there
     */
    void sendWithoutChecksum(byte[] frame, int start, int offset) {
        byte[] both = ByteBuffer.allocate(OFFLOAD + frame.length)
                .order(ByteOrder.nativeOrder())
                .put(NEEDS_CSUM)
                .putShort(6, (short) start)
                .putShort(8, (short) offset)
                .put(OFFLOAD, frame)
                .array();
        offload(1);
        send(both, (frame[12] & 0xff) << 8 | frame[13] & 0xff);
        offload(0);
    }

    private void offload(int on) {
        LinuxException.check(
                Sockets.setsockopt(socket.number(), Libc.SOL_PACKET(), PACKET_VNET_HDR, on), "set PACKET_VNET_HDR");
    }

    /** The frames that have come since the last call. */
    List<byte[]> received() {
        List<byte[]> frames = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(FRAME);
            while (true) {
                long length = Files.read(socket.number(), buffer, FRAME);
                if (length < 0) {
                    return frames;
                }
                frames.add(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
