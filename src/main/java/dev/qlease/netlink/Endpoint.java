package dev.qlease.netlink;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.sockaddr_nl;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Memory;
import dev.qlease.linux.sys.PollWaiter;
import dev.qlease.linux.sys.SocketMessage;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.linux.sys.Usage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A bound netlink socket with its receive buffer, as request sockets and notification sockets share it. */
final class Endpoint implements Transport {
    /**
     * Bytes of address space of the receive buffer. No netlink message is larger than the largest kmalloc, 4 MiB, so
     * that none is truncated and none needs MSG_PEEK first. Only pages that a message has reached take memory.
     */
    private static final long RECEIVE_BUFFER = 8 << 20;

    private final FileDescriptor descriptor;
    private final PollWaiter waiter;
    private final Arena arena;
    private final Usage usage;
    private final SocketMessage incoming;
    private final MemorySegment buffer;
    private final int port;

    private Endpoint(FileDescriptor descriptor, Arena arena, String what) {
        this.descriptor = descriptor;
        this.waiter = new PollWaiter(descriptor);
        this.arena = arena;
        this.usage = new Usage(what, this::free);
        this.buffer = Memory.map(
                arena,
                RECEIVE_BUFFER,
                Libc.PROT_READ() | Libc.PROT_WRITE(),
                Libc.MAP_PRIVATE() | Libc.MAP_ANONYMOUS() | Libc.MAP_NORESERVE(),
                -1,
                "mmap of a netlink receive buffer");
        Memory.avoidHugePages(buffer);
        this.incoming = new SocketMessage(arena, sockaddr_nl.sizeof(), 1, 0);
        incoming.piece(0, buffer);
        this.port = bind();
    }

    /** Opens a socket of {@code protocol} in {@code namespace}. */
    @SuppressWarnings("MustBeClosedChecker") // free() closes the arena
    static Endpoint open(NetlinkProtocol protocol, NetworkNamespace namespace) {
        String what = "netlink socket (" + protocol.name().toLowerCase(Locale.ROOT) + ")";
        Supplier<FileDescriptor> opening = () -> FileDescriptor.owning(
                LinuxException.check(
                        Sockets.socket(Libc.AF_NETLINK(), Libc.SOCK_RAW() | Libc.SOCK_CLOEXEC(), protocol.number()),
                        "open " + what),
                what);
        FileDescriptor descriptor = namespace.run(opening);
        Arena arena = Arena.ofShared();
        try {
            return new Endpoint(descriptor, arena, what);
        } catch (RuntimeException e) {
            descriptor.close();
            arena.close();
            throw e;
        }
    }

    private int bind() {
        MemorySegment address = sockaddr_nl.allocate(arena);
        sockaddr_nl.nl_family(address, (short) Libc.AF_NETLINK());
        LinuxException.check(
                Sockets.bind(descriptor.number(), address, (int) sockaddr_nl.sizeof()), "bind of a netlink socket");
        MemorySegment length = arena.allocateFrom(Libc.C_INT, (int) sockaddr_nl.sizeof());
        LinuxException.check(
                Sockets.getsockname(descriptor.number(), address, length), "getsockname of a netlink socket");
        // Since 4.20 and 5.x the kernel understands all three; all kernels that have the netdev family do.
        set(Uapi.NETLINK_EXT_ACK(), 1, "NETLINK_EXT_ACK");
        set(Uapi.NETLINK_CAP_ACK(), 1, "NETLINK_CAP_ACK");
        set(Uapi.NETLINK_GET_STRICT_CHK(), 1, "NETLINK_GET_STRICT_CHK");
        return sockaddr_nl.nl_pid(address);
    }

    /** Sets a SOL_NETLINK option. */
    void set(int option, int value, String name) {
        LinuxException.check(
                Sockets.setsockopt(descriptor.number(), Libc.SOL_NETLINK(), option, value), "setsockopt " + name);
    }

    /** Sets the size of the kernel's receive queue; beyond net.core.rmem_max if this process has CAP_NET_ADMIN. */
    void receiveQueue(int bytes) {
        int fd = descriptor.number();
        if (Sockets.setsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_RCVBUFFORCE(), bytes) < 0) {
            LinuxException.check(
                    Sockets.setsockopt(fd, Libc.SOL_SOCKET(), Libc.SO_RCVBUF(), bytes), "setsockopt SO_RCVBUF");
        }
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public FileDescriptor descriptor() {
        return descriptor;
    }

    @Override
    public void enter() {
        usage.enter();
    }

    @Override
    public void leave() {
        usage.leave();
    }

    @Override
    public boolean isOpen() {
        return usage.isOpen();
    }

    @Override
    public int send(MemorySegment buffer, long size) {
        long sent = Sockets.send(descriptor.number(), buffer, size, 0);
        return sent < 0 ? (int) sent : 0;
    }

    @Override
    public @Nullable MemorySegment receive() {
        while (true) {
            incoming.reset();
            long size = Sockets.recvmsg(descriptor.number(), incoming.header(), Libc.MSG_DONTWAIT());
            if (size == -Libc.EAGAIN()) {
                return null;
            }
            LinuxException.check(size, "recvmsg of a netlink socket");
            if ((incoming.flags() & Libc.MSG_TRUNC()) != 0) {
                throw new MalformedMessageException(
                        "netlink message", "larger than the " + RECEIVE_BUFFER + " bytes that there is room for");
            }
            if (sockaddr_nl.nl_pid(incoming.name()) == 0) {
                return buffer.asSlice(0, size);
            }
        }
    }

    @Override
    public boolean await(long deadline) {
        int events = waiter.poll(Libc.POLLIN(), deadline);
        waiter.clear();
        return events != 0 || Events.nanosUntil(deadline) > 0;
    }

    @Override
    public void wake() {
        if (usage.tryEnter()) {
            try {
                waiter.wake();
            } finally {
                usage.leave();
            }
        }
    }

    @Override
    public void close() {
        if (usage.tryEnter()) {
            try {
                usage.close();
                waiter.end();
            } finally {
                usage.leave();
            }
        }
    }

    private void free() {
        descriptor.close();
        waiter.close();
        arena.close();
    }
}
