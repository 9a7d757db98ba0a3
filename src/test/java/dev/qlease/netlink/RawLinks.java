package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ifinfomsg;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.Text;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/**
 * A network namespace of the test's own, and links in it, by as much of rtnetlink as it takes to give this floor
 * something to do: it is tested without those above. Closing deletes the namespace.
 */
final class RawLinks implements AutoCloseable {
    private static final int HEADER = (int) ifinfomsg.sizeof();
    private static final AtomicInteger COUNT = new AtomicInteger();

    private static final AttributeSet.Builder INFO_TABLE = AttributeSet.table("linkinfo");
    private static final Text KIND = INFO_TABLE.text(Uapi.IFLA_INFO_KIND(), "kind");
    private static final AttributeSet INFO = INFO_TABLE.build();
    private static final AttributeSet.Builder TABLE = AttributeSet.table("link");
    private static final Text IFNAME = TABLE.text(Uapi.IFLA_IFNAME(), "ifname");
    private static final Nest LINKINFO = TABLE.nest(Uapi.IFLA_LINKINFO(), "linkinfo", INFO);
    static final AttributeSet SET = TABLE.build();

    private static final Operation GET = Operation.plain(Uapi.RTM_GETLINK(), "getlink", HEADER, SET);
    private static final Operation NEW = Operation.plain(Uapi.RTM_NEWLINK(), "newlink", HEADER, SET);
    private static final Operation DELETE = Operation.plain(Uapi.RTM_DELLINK(), "dellink", HEADER, SET);

    private final String name;
    private final NetworkNamespace namespace;

    private RawLinks(String name) {
        this.name = name;
        this.namespace = NetworkNamespace.create(name);
    }

    /** Makes a namespace; skips the test where this process may not. */
    static RawLinks inNewNamespace() {
        String name = "qlease-raw-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
        try {
            return new RawLinks(name);
        } catch (LinuxException e) {
            Assumptions.assumeFalse(
                    e.is(Errno.EPERM) || e.is(Errno.EACCES),
                    "making a network namespace takes CAP_SYS_ADMIN: " + e.getMessage());
            throw e;
        }
    }

    NetworkNamespace namespace() {
        return namespace;
    }

    NetlinkSocket open() {
        return NetlinkSocket.open(NetlinkProtocol.ROUTE, namespace);
    }

    /** Makes a veth device and its peer, whose name the kernel chooses. */
    static void create(NetlinkSocket socket, String ifname) {
        socket.request(NEW)
                .flags(Uapi.NLM_F_CREATE() | Uapi.NLM_F_EXCL())
                .put(IFNAME, ifname)
                .begin(LINKINFO)
                .put(KIND, "veth")
                .end()
                .execute();
    }

    static void delete(NetlinkSocket socket, String ifname) {
        socket.request(DELETE).put(IFNAME, ifname).execute();
    }

    static int index(NetlinkSocket socket, String ifname) {
        return socket.request(GET).put(IFNAME, ifname).get(RawLinks::index);
    }

    static String name(NetlinkSocket socket, int index) {
        Request request = socket.request(GET);
        ifinfomsg.ifi_index(request.header(), index);
        return request.get(RawLinks::name);
    }

    static <T> List<T> dump(NetlinkSocket socket, Decoder<T> decoder) {
        return socket.request(GET).dump(decoder);
    }

    static List<String> names(NetlinkSocket socket) {
        return dump(socket, RawLinks::name);
    }

    static int index(NetlinkMessage message) {
        return ifinfomsg.ifi_index(message.header(HEADER));
    }

    static String name(NetlinkMessage message) {
        return message.attributes(SET, HEADER).get(IFNAME);
    }

    @Override
    public void close() {
        namespace.close();
        NetworkNamespace.delete(name);
    }
}
