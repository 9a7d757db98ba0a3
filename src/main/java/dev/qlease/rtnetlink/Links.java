package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ifinfomsg;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.NetlinkSocket;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import dev.qlease.rtnetlink.LinkAttributes.InfoSet;
import dev.qlease.rtnetlink.LinkAttributes.LinkSet;
import dev.qlease.rtnetlink.LinkAttributes.PropertySet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The links of a namespace; RTM_NEWLINK and its kin, rtnetlink(7). Reading requires no privilege; everything else
 * requires CAP_NET_ADMIN in the user namespace that owns the network namespace.
 *
 * <p>Every method throws {@link NetlinkException} with the kernel's message if the kernel refuses, ENODEV if there is
 * no such link, and {@link UnsupportedException} if it does not support the operation. Thread-safe.
 */
public final class Links {
    private static final int HEADER = (int) ifinfomsg.sizeof();

    private static final Operation GET = operation(Uapi.RTM_GETLINK(), "getlink");
    private static final Operation NEW = operation(Uapi.RTM_NEWLINK(), "newlink");
    private static final Operation SET = operation(Uapi.RTM_SETLINK(), "setlink");
    private static final Operation DELETE = operation(Uapi.RTM_DELLINK(), "dellink");
    private static final Operation NEW_PROPERTY = operation(Uapi.RTM_NEWLINKPROP(), "newlinkprop");
    private static final Operation DELETE_PROPERTY = operation(Uapi.RTM_DELLINKPROP(), "dellinkprop");

    private final NetlinkSocket socket;

    Links(NetlinkSocket socket) {
        this.socket = socket;
    }

    private static Operation operation(int type, String name) {
        return Operation.plain(type, name, HEADER, LinkSet.SET);
    }

    /** Begins a request about the link {@code ifindex}. */
    private Request request(Operation operation, int ifindex) {
        if (ifindex <= 0) {
            throw new IllegalArgumentException("an ifindex is 1 or more, not " + ifindex);
        }
        Request request = socket.request(operation).about("link " + ifindex);
        ifinfomsg.ifi_index(request.header(), ifindex);
        return request;
    }

    /** Begins a request about the link with this name, which may be an alternative name. */
    private Request request(Operation operation, String name) {
        return socket.request(operation).about("link " + name).put(LinkSet.ALT_IFNAME, name);
    }

    /** Returns the link {@code ifindex}. */
    public Link get(int ifindex) {
        return request(GET, ifindex).get(Link::of);
    }

    /** Returns the link with this name, which may be an alternative name. */
    public Link get(String name) {
        return request(GET, name).get(Link::of);
    }

    /** Returns the link {@code ifindex} of the namespace with this id here; requires CAP_NET_ADMIN there. */
    public Link get(int ifindex, int targetNetnsid) {
        return request(GET, ifindex).put(LinkSet.TARGET_NETNSID, targetNetnsid).get(Link::of);
    }

    /** Returns the link {@code ifindex}; empty if there is none. */
    public Optional<Link> find(int ifindex) {
        return find(() -> get(ifindex));
    }

    /** Returns the link with this name, which may be an alternative name; empty if there is none. */
    public Optional<Link> find(String name) {
        return find(() -> get(name));
    }

    private static Optional<Link> find(Supplier<Link> get) {
        try {
            return Optional.of(get.get());
        } catch (NetlinkException e) {
            if (!e.is(Errno.ENODEV)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /**
     * Lists all links, by ifindex.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Link> list() {
        return list(LinkFilter.ALL);
    }

    /**
     * Lists the links that match {@code filter}, by ifindex.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Link> list(LinkFilter filter) {
        List<Link> links = request(filter).dump(Link::of);
        return filter.kind().isEmpty()
                ? List.copyOf(links)
                : links.stream().filter(link -> isOf(filter.kind(), link)).toList();
    }

    /**
     * Passes the links that match {@code filter} to {@code reader}, by ifindex, {@linkplain Request#forEach one by one
     * as they arrive}.
     *
     * @throws DumpInterruptedException if they changed while they were read
     */
    public void forEach(LinkFilter filter, Consumer<? super Link> reader) {
        request(filter).forEach(Link::of, link -> {
            if (isOf(filter.kind(), link)) {
                reader.accept(link);
            }
        });
    }

    /** Returns whether the link is of that kind: the kernel lists all links if the kind's module is not loaded. */
    private static boolean isOf(Optional<String> kind, Link link) {
        return kind.isEmpty() || link.kind().equals(kind);
    }

    private Request request(LinkFilter filter) {
        Request request = socket.request(GET);
        filter.kind()
                .ifPresent(kind ->
                        request.begin(LinkSet.LINKINFO).put(InfoSet.KIND, kind).end());
        filter.master().ifPresent(master -> request.put(LinkSet.MASTER, master));
        filter.targetNetnsid().ifPresent(netnsid -> request.put(LinkSet.TARGET_NETNSID, netnsid));
        return request;
    }

    /**
     * Returns the names of all links, by ifindex. Cheaper than {@link #list()}: the kernel has less to send, and where
     * it can send names alone it does not hold its lock on all links.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public Map<Integer, String> names() {
        Map<Integer, String> names = new HashMap<>();
        // Collected at the end, since an attempt that is repeated may have read links that no longer exist.
        socket.request(GET)
                .put(LinkSet.EXT_MASK, Uapi.RTEXT_FILTER_NAME_ONLY() | Uapi.RTEXT_FILTER_SKIP_STATS())
                .dump(message ->
                        Map.entry(ifinfomsg.ifi_index(message.header(HEADER)), message.text(LinkSet.IFNAME, HEADER)))
                .forEach(link -> names.put(link.getKey(), link.getValue()));
        return names;
    }

    /**
     * Creates a link and returns it. A link in another namespace needs a name, by which it is found there; entering
     * that namespace requires CAP_SYS_ADMIN.
     *
     * @throws LinuxException EEXIST if there is one with this name
     * @throws IllegalArgumentException if it has no kind, or no name in another namespace
     */
    public Link create(LinkSpec spec) {
        if (!spec.hasKind()) {
            throw new IllegalArgumentException("a link needs a kind, such as dummy: " + spec);
        }
        Optional<NetworkNamespace> elsewhere = spec.netns();
        if (elsewhere.isPresent() && spec.ifname().isEmpty()) {
            throw new IllegalArgumentException("a link that is created in another namespace needs a name: " + spec);
        }
        return holding(spec.namespaces(), () -> {
            Request request = creation(spec);
            if (elsewhere.isEmpty()) {
                // The echo was sent before the master was set, so only its ifindex is used.
                List<Link> echoed = request.echo(Link::of);
                return echoed.isEmpty() ? made(spec) : get(echoed.getFirst().ifindex());
            }
            request.execute();
            try (Rtnetlink there = Rtnetlink.open(elsewhere.get())) {
                return there.links().get(spec.ifname().orElseThrow());
            }
        });
    }

    /** Finds a link that the kernel created without reporting its ifindex: kernels before Linux 6.2 do not echo it. */
    private Link made(LinkSpec spec) {
        return get(spec.ifname()
                .orElseThrow(() -> new UnsupportedException(new LinuxException(
                        "newlink link " + spec.title(),
                        Errno.EOPNOTSUPP.number(),
                        "it was created, but this kernel does not report its name: specify one"))));
    }

    /** Begins the request that creates a link. */
    Request creation(LinkSpec spec) {
        Request request =
                socket.request(NEW).about("link " + spec.title()).flags(Uapi.NLM_F_CREATE() | Uapi.NLM_F_EXCL());
        spec.writeHeader(request.header());
        spec.write(request);
        return request;
    }

    /**
     * Changes the settings of the link {@code ifindex} that {@code spec} contains: all, or those before the one that is
     * refused.
     */
    public void change(int ifindex, LinkSpec spec) {
        holding(spec.namespaces(), () -> {
            Request request = request(spec.hasKind() ? NEW : SET, ifindex);
            spec.writeHeader(request.header());
            spec.write(request);
            request.execute();
            return ifindex;
        });
    }

    /**
     * Returns whether the kernel supports links of {@code kind}, such as {@code netkit}; loads the module if there is
     * one. Requests a link without queues, which the kernel refuses just before it would create the link.
     *
     * @throws NetlinkException EPERM without CAP_NET_ADMIN
     */
    public boolean hasKind(String kind) {
        try {
            socket.request(NEW)
                    .about("kind " + kind)
                    .flags(Uapi.NLM_F_CREATE() | Uapi.NLM_F_EXCL())
                    .put(LinkSet.NUM_TX_QUEUES, 0)
                    .begin(LinkSet.LINKINFO)
                    .put(InfoSet.KIND, kind)
                    .end()
                    .execute();
        } catch (UnsupportedException e) {
            return false;
        } catch (NetlinkException e) {
            if (!e.is(Errno.EINVAL)) {
                throw e;
            }
            return true;
        }
        throw new IllegalStateException("the kernel created a link without queues, of kind " + kind);
    }

    /** Sets the link up. */
    public void up(int ifindex) {
        change(ifindex, LinkSpec.empty().up());
    }

    /** Sets the link down. */
    public void down(int ifindex) {
        change(ifindex, LinkSpec.empty().down());
    }

    /** Moves the link to {@code namespace}. It loses its addresses and routes, and may get another ifindex. */
    public void move(int ifindex, NetworkNamespace namespace) {
        change(ifindex, LinkSpec.empty().netns(namespace));
    }

    /** Adds alternative names to the link, of up to 127 bytes each. */
    public void addAltIfname(int ifindex, String... names) {
        properties(request(NEW_PROPERTY, ifindex).flags(Uapi.NLM_F_CREATE() | Uapi.NLM_F_EXCL()), names);
    }

    /** Removes alternative names from the link. */
    public void deleteAltIfname(int ifindex, String... names) {
        properties(request(DELETE_PROPERTY, ifindex), names);
    }

    private static void properties(Request request, String... names) {
        request.begin(LinkSet.PROP_LIST);
        for (String name : names) {
            request.put(PropertySet.ALT_IFNAME, name);
        }
        request.end().execute();
    }

    /** Deletes the link, and its peer if it has one. */
    public void delete(int ifindex) {
        request(DELETE, ifindex).execute();
    }

    /**
     * Deletes the link {@code ifindex} of the namespace with this id here, and its peer if it has one; requires
     * CAP_NET_ADMIN there.
     */
    public void delete(int ifindex, int targetNetnsid) {
        request(DELETE, ifindex).put(LinkSet.TARGET_NETNSID, targetNetnsid).execute();
    }

    /** Deletes the link with this name, which may be an alternative name, and its peer if it has one. */
    public void delete(String name) {
        request(DELETE, name).execute();
    }

    /** Runs {@code call} while the descriptors of {@code namespaces} remain valid, even if they are closed. */
    private static <T> T holding(List<NetworkNamespace> namespaces, Supplier<T> call) {
        if (namespaces.isEmpty()) {
            return call.get();
        }
        FileDescriptor first = namespaces.getFirst().descriptor();
        first.use();
        try {
            return holding(namespaces.subList(1, namespaces.size()), call);
        } finally {
            first.release();
        }
    }
}
