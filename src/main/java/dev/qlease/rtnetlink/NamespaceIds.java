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
 * notifications name namespaces by them. Reading needs no privilege, assigning takes CAP_NET_ADMIN in the user namespace
 * that owns this one.
 *
 * <p>Every method throws {@link NetlinkException} with the kernel's own words where the kernel refuses. Safe for use by
 * many threads.
 */
public final class NamespaceIds {
    private static final int HEADER = (int) rtgenmsg.sizeof();
    private static final Operation GET = Operation.plain(Uapi.RTM_GETNSID(), "getnsid", HEADER, NsidSet.SET);
    private static final Operation NEW = Operation.plain(Uapi.RTM_NEWNSID(), "newnsid", HEADER, NsidSet.SET);

    private final NetlinkSocket socket;

    NamespaceIds(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** The id of {@code namespace} here, empty if it has none yet. */
    public OptionalInt find(NetworkNamespace namespace) {
        int fd = namespace.descriptor().use();
        try {
            return find(
                    socket.request(GET).about("network namespace " + namespace).put(NsidSet.FD, fd));
        } finally {
            namespace.descriptor().release();
        }
    }

    /**
     * The id here of the namespace that the process {@code pid} is in, empty if it has none yet.
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

    /** The id of {@code namespace} here, which the kernel chooses if it has none yet. */
    public int assign(NetworkNamespace namespace) {
        OptionalInt known = find(namespace);
        if (known.isPresent()) {
            return known.getAsInt();
        }
        try {
            assign(namespace, NamespaceId.NOT_ASSIGNED);
        } catch (NetlinkException e) {
            // Somebody else was faster, whose id serves as well.
            if (!e.is(Errno.EEXIST)) {
                throw e;
            }
        }
        return find(namespace)
                .orElseThrow(() -> new IllegalStateException("the id of network namespace " + namespace + " is gone"));
    }

    /**
     * Has {@code namespace} have the id {@code nsid} here, 0 or more.
     *
     * @throws NetlinkException EEXIST if it has an id, or the id is another one's
     */
    public void assign(NetworkNamespace namespace, int nsid) {
        int fd = namespace.descriptor().use();
        try {
            socket.request(NEW)
                    .about("network namespace " + namespace)
                    .put(NsidSet.NSID, nsid)
                    .put(NsidSet.FD, fd)
                    .execute();
        } finally {
            namespace.descriptor().release();
        }
    }

    /**
     * All ids that namespaces have here.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<NamespaceId> list() {
        return List.copyOf(socket.request(GET).dump(NamespaceId::of));
    }

    /**
     * All ids that namespaces have in the one that has the id {@code targetNsid} here, and what they have here; takes
     * CAP_NET_ADMIN there.
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
