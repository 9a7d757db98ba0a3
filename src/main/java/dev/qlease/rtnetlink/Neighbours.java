package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ndmsg;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.NetlinkSocket;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import java.util.List;
import java.util.function.Consumer;

/**
 * The hosts on a namespace's links, as known to ARP and neighbour discovery; RTM_NEWNEIGH and its kin, rtnetlink(7).
 * Reading requires no privilege; everything else requires CAP_NET_ADMIN in the user namespace that owns the network
 * namespace.
 *
 * <p>Every method throws {@link NetlinkException} with the kernel's message if the kernel refuses, ENODEV if there is
 * no such link, and {@link UnsupportedException} if it does not support the operation. Thread-safe.
 */
public final class Neighbours {
    private static final int HEADER = (int) ndmsg.sizeof();
    private static final Operation GET = operation(Uapi.RTM_GETNEIGH(), "getneigh");
    private static final Operation NEW = operation(Uapi.RTM_NEWNEIGH(), "newneigh");
    private static final Operation DELETE = operation(Uapi.RTM_DELNEIGH(), "delneigh");

    private final NetlinkSocket socket;

    Neighbours(NetlinkSocket socket) {
        this.socket = socket;
    }

    private static Operation operation(int type, String name) {
        return Operation.plain(type, name, HEADER, NeighbourAttributes.SET);
    }

    /**
     * Adds a neighbour.
     *
     * @throws NetlinkException EEXIST if the kernel has an entry for it
     */
    public void add(NeighbourSpec spec) {
        put(Uapi.NLM_F_EXCL(), spec);
    }

    /** Adds a neighbour, or replaces the kernel's entry for it. */
    public void replace(NeighbourSpec spec) {
        put(Uapi.NLM_F_REPLACE(), spec);
    }

    private void put(int flags, NeighbourSpec spec) {
        Request request = socket.request(NEW).flags(Uapi.NLM_F_CREATE() | flags);
        spec.write(request);
        request.execute();
    }

    /**
     * Deletes a neighbour.
     *
     * @throws NetlinkException ENOENT if there is no such entry
     */
    public void delete(int ifindex, IpAddress dst) {
        delete(ifindex, dst, NeighbourFlags.NONE);
    }

    /**
     * Deletes a proxy entry: this machine no longer answers for the address.
     *
     * @throws NetlinkException ENOENT if there is no such entry
     */
    public void deleteProxy(int ifindex, IpAddress dst) {
        delete(ifindex, dst, NeighbourFlags.PROXY);
    }

    private void delete(int ifindex, IpAddress dst, NeighbourFlags flags) {
        Request request = socket.request(DELETE);
        NeighbourSpec.writeKey(request, ifindex, dst, flags);
        request.execute();
    }

    /**
     * Returns the kernel's entry for one neighbour.
     *
     * @throws NetlinkException ENOENT if there is none
     */
    public Neighbour get(int ifindex, IpAddress dst) {
        Request request = socket.request(GET);
        NeighbourSpec.writeKey(request, ifindex, dst, NeighbourFlags.NONE);
        return request.get(Neighbour::of);
    }

    /**
     * Lists all neighbours, IPv4 first.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Neighbour> list() {
        return list(NeighbourFilter.ALL);
    }

    /**
     * Lists the neighbours that match {@code filter}, IPv4 first.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Neighbour> list(NeighbourFilter filter) {
        return Families.list(filter.family(), family -> request(filter, family).dump(Neighbour::of), Neighbour::family);
    }

    /**
     * Passes the neighbours that match {@code filter} to {@code reader}, IPv4 first, {@linkplain Request#forEach one by
     * one as they arrive}.
     *
     * @throws DumpInterruptedException if they changed while they were read
     */
    public void forEach(NeighbourFilter filter, Consumer<? super Neighbour> reader) {
        Families.forEach(
                filter.family(),
                (family, each) -> request(filter, family).forEach(Neighbour::of, each),
                Neighbour::family,
                reader);
    }

    private Request request(NeighbourFilter filter, AddressFamily family) {
        Request request = socket.request(GET);
        ndmsg.ndm_family(request.header(), (byte) family.value());
        if (filter.proxies()) {
            ndmsg.ndm_flags(request.header(), (byte) NeighbourFlags.PROXY.value());
        }
        filter.ifindex().ifPresent(ifindex -> request.put(NeighbourAttributes.IFINDEX, ifindex));
        filter.master().ifPresent(master -> request.put(NeighbourAttributes.MASTER, master));
        return request;
    }
}
