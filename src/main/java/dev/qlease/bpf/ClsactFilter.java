package dev.qlease.bpf;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.NetlinkProtocol;
import dev.qlease.netlink.NetlinkSocket;
import org.jspecify.annotations.Nullable;

/**
 * A program attached to a device as a direct-action filter on its clsact qdisc: for kernels that have no links for that;
 * tc-bpf(8). The kernel keeps it until it is removed or the device goes, also when this process has ended without.
 *
 * <p>Owns a netlink socket in the device's namespace. Safe for use by many threads.
 */
public final class ClsactFilter implements Attachment {
    private final NetlinkSocket socket;
    private final ClsactPlace place;
    private boolean open = true;
    private boolean kept;

    private ClsactFilter(NetlinkSocket socket, ClsactPlace place) {
        this.socket = socket;
        this.place = place;
    }

    /**
     * Attaches a program before the filters that are there, and adds the qdisc where there is none. The program may be
     * closed then.
     *
     * @param ingress whether it is to see what the device received; else what is sent
     * @param namespace the device's; null for the calling thread's
     * @throws NetlinkException ENODEV if there is no such device, EPERM without CAP_NET_ADMIN
     * @throws UnsupportedException if this kernel has no clsact or no BPF filters
     */
    public static ClsactFilter attach(
            Program program, boolean ingress, int ifindex, @Nullable NetworkNamespace namespace) {
        NetlinkSocket socket = open(namespace);
        try {
            TcFilters filters = new TcFilters(socket, ifindex, ingress);
            boolean added = filters.addQdisc();
            return new ClsactFilter(socket, attach(program, filters, ifindex, ingress, added));
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static ClsactPlace attach(
            Program program, TcFilters filters, int ifindex, boolean ingress, boolean qdiscAdded) {
        int fd = program.descriptor().use();
        try {
            TcFilters.Filter filter = filters.add(fd, program.name());
            return new ClsactPlace(ifindex, ingress, filter.priority(), filter.handle(), program.id(), qdiscAdded);
        } catch (RuntimeException e) {
            if (qdiscAdded) {
                deleteQdisc(filters, e);
            }
            throw e;
        } finally {
            program.descriptor().release();
        }
    }

    private static void deleteQdisc(TcFilters filters, RuntimeException failure) {
        try {
            filters.deleteQdiscIfUnused();
        } catch (LinuxException e) {
            failure.addSuppressed(e);
        }
    }

    private static NetlinkSocket open(@Nullable NetworkNamespace namespace) {
        return namespace == null
                ? NetlinkSocket.open(NetlinkProtocol.ROUTE)
                : NetlinkSocket.open(NetlinkProtocol.ROUTE, namespace);
    }

    /**
     * Removes a filter that may be another process's, if it is still there and its program is the same; then the qdisc, if
     * it was added for it and no other filter is there.
     *
     * @param namespace the device's; null for the calling thread's
     * @return whether it was there
     * @throws NetlinkException if the kernel refuses
     */
    public static boolean remove(ClsactPlace place, @Nullable NetworkNamespace namespace) {
        try (NetlinkSocket socket = open(namespace)) {
            return remove(place, socket);
        }
    }

    private static boolean remove(ClsactPlace place, NetlinkSocket socket) {
        TcFilters filters = new TcFilters(socket, place.ifindex(), place.ingress());
        boolean there = filters.list().stream()
                .anyMatch(filter -> filter.priority() == place.priority()
                        && filter.handle() == place.handle()
                        && filter.programId().orElse(0) == place.programId());
        if (there) {
            filters.delete(place.priority(), place.handle());
            if (place.qdiscAdded()) {
                filters.deleteQdiscIfUnused();
            }
        }
        return there;
    }

    /** Where it is. */
    public ClsactPlace place() {
        return place;
    }

    /** Leaves it attached when this is closed, and answers where it is. */
    public synchronized ClsactPlace keep() {
        kept = true;
        return place;
    }

    @Override
    public int programId() {
        return place.programId();
    }

    /** Removes the filter, unless it is {@linkplain #keep() kept}. */
    @Override
    public synchronized void close() {
        if (!open) {
            return;
        }
        open = false;
        try {
            if (!kept) {
                remove(place, socket);
            }
        } finally {
            socket.close();
        }
    }

    @Override
    public String toString() {
        return place.toString();
    }
}
