package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.rtmsg;
import dev.qlease.linux.Errno;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.NetlinkSocket;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import dev.qlease.rtnetlink.RouteAttributes.RouteSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * The IPv4 and IPv6 routes of a namespace; RTM_NEWROUTE and its kin, rtnetlink(7). Reading requires no privilege;
 * everything else requires CAP_NET_ADMIN in the user namespace that owns the network namespace.
 *
 * <p>Every method throws {@link NetlinkException} with the kernel's message if the kernel refuses, and {@link
 * UnsupportedException} if it does not support the operation. Thread-safe.
 */
public final class Routes {
    private static final int HEADER = (int) rtmsg.sizeof();
    private static final Operation GET = operation(Uapi.RTM_GETROUTE(), "getroute");
    private static final Operation NEW = operation(Uapi.RTM_NEWROUTE(), "newroute");
    private static final Operation DELETE = operation(Uapi.RTM_DELROUTE(), "delroute");

    private final NetlinkSocket socket;

    Routes(NetlinkSocket socket) {
        this.socket = socket;
    }

    private static Operation operation(int type, String name) {
        return Operation.plain(type, name, HEADER, RouteSet.SET);
    }

    private void install(int flags, RouteSpec spec) {
        Request request = socket.request(NEW).about(spec.title()).flags(Uapi.NLM_F_CREATE() | flags);
        spec.writeHeaderOfNew(request.header());
        spec.write(request);
        request.execute();
    }

    /**
     * Adds a route.
     *
     * @throws NetlinkException EEXIST if there is one to the same destination with the same priority
     */
    public void add(RouteSpec spec) {
        install(Uapi.NLM_F_EXCL(), spec);
    }

    /** Adds a route, or replaces the one to the same destination with the same priority. */
    public void replace(RouteSpec spec) {
        install(Uapi.NLM_F_REPLACE(), spec);
    }

    /** Adds a route after those to the same destination with the same priority; for IPv6, as one more next hop. */
    public void append(RouteSpec spec) {
        install(Uapi.NLM_F_APPEND(), spec);
    }

    /**
     * Deletes the first route that matches {@code spec}.
     *
     * @throws NetlinkException ESRCH if there is none
     */
    public void delete(RouteSpec spec) {
        Request request = socket.request(DELETE).about(spec.title());
        spec.writeHeaderOfOld(request.header());
        spec.write(request);
        request.execute();
    }

    /**
     * Looks up the route of a packet from this machine to {@code destination}: gateway, link and source address.
     *
     * @throws NetlinkException ENETUNREACH if there is none
     */
    public Route get(IpAddress destination) {
        return get(RouteLookup.to(destination));
    }

    /**
     * Looks up the route of a packet: gateway, link and source address.
     *
     * @throws NetlinkException ENETUNREACH if there is none
     */
    public Route get(RouteLookup lookup) {
        Request request = socket.request(GET).about(lookup.toString());
        lookup.write(request);
        return request.get(Route::of);
    }

    /**
     * Lists all routes of all tables, IPv4 first.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Route> list() {
        return list(RouteFilter.ALL);
    }

    /**
     * Lists the routes that match {@code filter}, IPv4 first.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Route> list(RouteFilter filter) {
        return Families.list(filter.family(), family -> dump(filter, family), Route::family);
    }

    /**
     * Passes the routes that match {@code filter} to {@code reader}, IPv4 first, {@linkplain Request#forEach one by one
     * as they arrive}.
     *
     * @throws DumpInterruptedException if they changed while they were read
     */
    public void forEach(RouteFilter filter, Consumer<? super Route> reader) {
        Families.forEach(filter.family(), (family, each) -> forEach(filter, family, each), Route::family, reader);
    }

    private List<Route> dump(RouteFilter filter, AddressFamily family) {
        try {
            return request(filter, family).dump(Route::of);
        } catch (NetlinkException e) {
            throwUnlessTableIsMissing(filter, e);
            return List.of();
        }
    }

    private void forEach(RouteFilter filter, AddressFamily family, Consumer<Route> reader) {
        boolean[] given = new boolean[1];
        try {
            request(filter, family).forEach(Route::of, route -> {
                given[0] = true;
                reader.accept(route);
            });
        } catch (NetlinkException e) {
            // Once a route has arrived, the table exists and the exception is the reader's own.
            if (given[0]) {
                throw e;
            }
            throwUnlessTableIsMissing(filter, e);
        }
    }

    /** A table exists from its first route on; before that it is empty. */
    private static void throwUnlessTableIsMissing(RouteFilter filter, NetlinkException e) {
        if (filter.table().isEmpty() || !e.is(Errno.ENOENT)) {
            throw e;
        }
    }

    private Request request(RouteFilter filter, AddressFamily family) {
        Request request = socket.request(GET);
        rtmsg.rtm_family(request.header(), (byte) family.value());
        filter.protocol().ifPresent(protocol -> rtmsg.rtm_protocol(request.header(), (byte) protocol.value()));
        filter.type().ifPresent(type -> rtmsg.rtm_type(request.header(), (byte) type.value()));
        filter.table().ifPresent(table -> request.put(RouteSet.TABLE_ID, table.value()));
        filter.oif().ifPresent(oif -> request.about("by link " + oif).put(RouteSet.OIF, oif));
        return request;
    }
}
