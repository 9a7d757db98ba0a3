package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ifaddrmsg;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.NetlinkSocket;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import java.util.List;
import java.util.function.Consumer;

/**
 * The IPv4 and IPv6 addresses of a namespace's links; RTM_NEWADDR and its kin, rtnetlink(7). Reading requires no
 * privilege; everything else requires CAP_NET_ADMIN in the user namespace that owns the network namespace.
 *
 * <p>Every method throws {@link NetlinkException} with the kernel's message if the kernel refuses, ENODEV if there is
 * no such link, and {@link UnsupportedException} if it does not support the operation. Thread-safe.
 */
public final class Addresses {
    private static final int HEADER = (int) ifaddrmsg.sizeof();
    private static final Operation GET = operation(Uapi.RTM_GETADDR(), "getaddr");
    private static final Operation NEW = operation(Uapi.RTM_NEWADDR(), "newaddr");
    private static final Operation DELETE = operation(Uapi.RTM_DELADDR(), "deladdr");

    private final NetlinkSocket socket;

    Addresses(NetlinkSocket socket) {
        this.socket = socket;
    }

    private static Operation operation(int type, String name) {
        return Operation.plain(type, name, HEADER, AddressAttributes.SET);
    }

    private void execute(Operation operation, int flags, int ifindex, AddressSpec spec) {
        Request request =
                socket.request(operation).about(spec + " of link " + ifindex).flags(flags);
        spec.writeHeader(request.header(), ifindex);
        spec.write(request);
        request.execute();
    }

    /**
     * Adds an address to the link, as {@link #add(int, AddressSpec)} does.
     *
     * @throws NetlinkException EEXIST if the link has it already
     */
    public void add(int ifindex, IpPrefix prefix) {
        add(ifindex, AddressSpec.of(prefix));
    }

    /**
     * Adds an address to the link. An IPv6 address on a link that is up is tentative, and so unusable, for a second or
     * two, unless it is {@link AddressSpec#nodad()}.
     *
     * @throws NetlinkException EEXIST if the link has it already
     */
    public void add(int ifindex, AddressSpec spec) {
        execute(NEW, Uapi.NLM_F_CREATE() | Uapi.NLM_F_EXCL(), ifindex, spec);
    }

    /** Adds an address to the link, or changes its lifetime, flags and priority if the link has it already. */
    public void replace(int ifindex, AddressSpec spec) {
        execute(NEW, Uapi.NLM_F_CREATE() | Uapi.NLM_F_REPLACE(), ifindex, spec);
    }

    /**
     * Removes an address from the link; with IPv4 also those that are {@link AddressFlags#SECONDARY} to it, unless
     * net.ipv4.conf.*.promote_secondaries is set.
     *
     * @throws NetlinkException EADDRNOTAVAIL if the link does not have it
     */
    public void delete(int ifindex, IpPrefix prefix) {
        execute(DELETE, 0, ifindex, AddressSpec.of(prefix));
    }

    /**
     * Lists all addresses, IPv4 first.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Address> list() {
        return list(AddressFilter.ALL);
    }

    /**
     * Lists the addresses of one link, IPv4 first.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Address> list(int ifindex) {
        return list(AddressFilter.ALL.ifindex(ifindex));
    }

    /**
     * Lists the addresses that match {@code filter}, IPv4 first.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Address> list(AddressFilter filter) {
        return Families.list(filter.family(), family -> request(filter, family).dump(Address::of), Address::family);
    }

    /**
     * Passes the addresses that match {@code filter} to {@code reader}, IPv4 first, {@linkplain Request#forEach one by
     * one as they arrive}.
     *
     * @throws DumpInterruptedException if they changed while they were read
     */
    public void forEach(AddressFilter filter, Consumer<? super Address> reader) {
        Families.forEach(
                filter.family(),
                (family, each) -> request(filter, family).forEach(Address::of, each),
                Address::family,
                reader);
    }

    private Request request(AddressFilter filter, AddressFamily family) {
        Request request = socket.request(GET);
        ifaddrmsg.ifa_family(request.header(), (byte) family.value());
        filter.ifindex().ifPresent(ifindex -> {
            request.about("link " + ifindex);
            ifaddrmsg.ifa_index(request.header(), ifindex);
        });
        filter.targetNetnsid().ifPresent(netnsid -> request.put(AddressAttributes.TARGET_NETNSID, netnsid));
        return request;
    }
}
