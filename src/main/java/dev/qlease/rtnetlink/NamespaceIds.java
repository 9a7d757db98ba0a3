package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.rtgenmsg;
import dev.qlease.linux.Errno;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.NetlinkSocket;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import dev.qlease.rtnetlink.NamespaceId.NsidSet;
import java.util.List;
import java.util.OptionalInt;

/**
 * The ids that other network namespaces have in this one; RTM_NEWNSID and its kin, ip-netns(8). Links, leases and
 * notifications refer to namespaces by these ids. Reading requires no privilege; assigning requires CAP_NET_ADMIN in
 * the user namespace that owns this one.
 *
 * <p>Every method throws {@link NetlinkException} with the kernel's message if the kernel refuses. Thread-safe.
 */
public final class NamespaceIds {
    private static final int HEADER = (int) rtgenmsg.sizeof();
    private static final Operation GET = Operation.plain(Uapi.RTM_GETNSID(), "getnsid", HEADER, NsidSet.SET);
    private static final Operation NEW = Operation.plain(Uapi.RTM_NEWNSID(), "newnsid", HEADER, NsidSet.SET);

    private final NetlinkSocket socket;

    NamespaceIds(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Returns the id of {@code namespace} here; empty if it has none yet. */
    public OptionalInt find(NetworkNamespace namespace) {
        try (NetworkNamespace held = namespace.dup()) {
            int fd = held.descriptor().number();
            return find(
                    socket.request(GET).about("network namespace " + namespace).put(NsidSet.FD, fd));
        }
    }

    /**
     * Returns the id here of the namespace of the process {@code pid}; empty if it has none yet.
     *
     * @throws NetlinkException ESRCH if there is no such process
     */
    public OptionalInt findOfProcess(int pid) {
        return find(
                socket.request(GET).about("network namespace of process " + pid).put(NsidSet.PID, pid));
    }

    private static OptionalInt find(Request request) {
        int nsid = request.get(NamespaceId::of).nsid();
        return nsid == NamespaceId.NOT_ASSIGNED ? OptionalInt.empty() : OptionalInt.of(nsid);
    }

    /** Returns the id of {@code namespace} here; if it has none yet, the kernel assigns one. */
    public int assign(NetworkNamespace namespace) {
        OptionalInt known = find(namespace);
        if (known.isPresent()) {
            return known.getAsInt();
        }
        try {
            assign(namespace, NamespaceId.NOT_ASSIGNED);
        } catch (NetlinkException e) {
            // It was assigned concurrently; that id is as good.
            if (!e.is(Errno.EEXIST)) {
                throw e;
            }
        }
        return find(namespace)
                .orElseThrow(
                        () -> new IllegalStateException("network namespace " + namespace + " no longer has an id"));
    }

    /**
     * Assigns the id {@code nsid}, 0 or more, to {@code namespace} here.
     *
     * @throws NetlinkException EEXIST if it already has an id, or another namespace has this id
     */
    public void assign(NetworkNamespace namespace, int nsid) {
        try (NetworkNamespace held = namespace.dup()) {
            socket.request(NEW)
                    .about("network namespace " + namespace)
                    .put(NsidSet.NSID, nsid)
                    .put(NsidSet.FD, held.descriptor().number())
                    .execute();
        }
    }

    /**
     * Lists all ids that namespaces have here.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<NamespaceId> list() {
        return List.copyOf(socket.request(GET).dump(NamespaceId::of));
    }

    /**
     * Lists all ids that namespaces have in the namespace with the id {@code targetNsid} here, with their ids here;
     * requires CAP_NET_ADMIN there.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<NamespaceId> list(int targetNsid) {
        return List.copyOf(socket.request(GET)
                .about("of network namespace " + targetNsid)
                .put(NsidSet.TARGET_NSID, targetNsid)
                .dump(NamespaceId::of));
    }
}
