package dev.qlease.bpf;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.NetlinkProtocol;
import dev.qlease.netlink.NetlinkSocket;

/**
 * A program attached to a device as a direct-action filter on its clsact qdisc, for kernels without tcx links;
 * tc-bpf(8). It stays attached until it is removed or the device is deleted, even if this process ends without removing
 * it.
 *
 * <p>Owns a netlink socket in the device's namespace. Thread-safe.
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
     * Attaches a program before the existing filters; adds the qdisc if it is missing. The program may be closed
     * afterwards.
     *
     * @param ingress whether the program sees received packets; else sent ones
     * @param namespace the device's namespace
     * @throws NetlinkException ENODEV if there is no such device, EPERM without CAP_NET_ADMIN
     * @throws UnsupportedException if this kernel has no clsact or no BPF filters
     */
    public static ClsactFilter attach(Program program, boolean ingress, int ifindex, NetworkNamespace namespace) {
        NetlinkSocket socket = NetlinkSocket.open(NetlinkProtocol.ROUTE, namespace);
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

    /**
     * Removes a filter, possibly of another process, if it still exists and has the same program; then the qdisc, if it
     * was added for the filter and has no other filter.
     *
     * @param namespace the device's namespace
     * @return whether the filter existed
     * @throws NetlinkException if the kernel refuses
     */
    public static boolean remove(ClsactPlace place, NetworkNamespace namespace) {
        try (NetlinkSocket socket = NetlinkSocket.open(NetlinkProtocol.ROUTE, namespace)) {
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

    /** Returns the filter's place. */
    public ClsactPlace place() {
        return place;
    }

    /** Makes the filter permanent: closing this object does not remove it. Returns its place. */
    public synchronized ClsactPlace keep() {
        kept = true;
        return place;
    }

    @Override
    public int programId() {
        return place.programId();
    }

    /** Removes the filter, unless it has been {@linkplain #keep() made permanent}. Idempotent. */
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
