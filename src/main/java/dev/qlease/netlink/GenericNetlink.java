package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.NestArray;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.Attribute.U16;
import dev.qlease.netlink.Attribute.U32;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A generic netlink socket and the families that the kernel's {@code nlctrl} family reports; linux/genetlink.h.
 *
 * <p>Owns its socket: closing this object closes it. Thread-safe.
 */
public final class GenericNetlink implements AutoCloseable {
    static {
        NativeAccess.require();
    }

    private static final class Operations {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("op");
        static final U32 ID = TABLE.u32(Uapi.CTRL_ATTR_OP_ID(), "id");
        static final U32 FLAGS = TABLE.u32(
                Uapi.CTRL_ATTR_OP_FLAGS(),
                "flags",
                Names.ofBits("admin-perm", "cmd-cap-do", "cmd-cap-dump", "cmd-cap-haspol", "uns-admin-perm"));
        static final AttributeSet SET = TABLE.build();
    }

    private static final class Groups {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("mcast-group");
        static final Text NAME = TABLE.text(Uapi.CTRL_ATTR_MCAST_GRP_NAME(), "name");
        static final U32 ID = TABLE.u32(Uapi.CTRL_ATTR_MCAST_GRP_ID(), "id");
        static final AttributeSet SET = TABLE.build();
    }

    private static final class Control {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("nlctrl");
        static final U16 FAMILY_ID = TABLE.u16(Uapi.CTRL_ATTR_FAMILY_ID(), "family-id");
        static final Text FAMILY_NAME = TABLE.text(Uapi.CTRL_ATTR_FAMILY_NAME(), "family-name");
        static final U32 VERSION = TABLE.u32(Uapi.CTRL_ATTR_VERSION(), "version");
        static final U32 HEADER_SIZE = TABLE.u32(Uapi.CTRL_ATTR_HDRSIZE(), "hdrsize");
        static final U32 MAX_ATTRIBUTE = TABLE.u32(Uapi.CTRL_ATTR_MAXATTR(), "maxattr");
        static final NestArray OPERATIONS = TABLE.nestArray(Uapi.CTRL_ATTR_OPS(), "ops", Operations.SET);
        static final NestArray GROUPS = TABLE.nestArray(Uapi.CTRL_ATTR_MCAST_GROUPS(), "mcast-groups", Groups.SET);
        static final Nest POLICY = TABLE.nest(Uapi.CTRL_ATTR_POLICY(), "policy", AttributeSet.EMPTY);
        static final Nest OP_POLICY = TABLE.nest(Uapi.CTRL_ATTR_OP_POLICY(), "op-policy", AttributeSet.EMPTY);
        static final U32 OP = TABLE.u32(Uapi.CTRL_ATTR_OP(), "op");
        static final AttributeSet SET = TABLE.build();
    }

    private static final Operation GET_FAMILY =
            Operation.generic(Uapi.CTRL_CMD_GETFAMILY(), "getfamily", Control.SET, Control.SET);
    private static final Operation GET_POLICY =
            Operation.generic(Uapi.CTRL_CMD_GETPOLICY(), "getpolicy", Control.SET, Control.SET);

    private final NetlinkSocket socket;
    private final Map<String, GenericFamily> families = new ConcurrentHashMap<>();

    private GenericNetlink(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens a socket in the calling thread's namespace. */
    public static GenericNetlink open() {
        return open(NetworkNamespace.ofCaller());
    }

    /** Opens a socket in {@code namespace}. */
    public static GenericNetlink open(NetworkNamespace namespace) {
        return new GenericNetlink(NetlinkSocket.open(NetlinkProtocol.GENERIC, namespace));
    }

    /** Returns the socket, which remains owned by this object; do not close it. */
    public NetlinkSocket socket() {
        return socket;
    }

    /**
     * Returns the family with this name, which is requested once and then cached.
     *
     * @throws UnsupportedException if this kernel has none
     */
    public GenericFamily family(String name) {
        GenericFamily known = families.get(name);
        if (known != null) {
            return known;
        }
        GenericFamily family;
        try {
            family = socket.request(GET_FAMILY, Uapi.GENL_ID_CTRL())
                    .put(Control.FAMILY_NAME, name)
                    .get(GenericNetlink::decodeFamily);
        } catch (NetlinkException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
            throw new UnsupportedException(new NetlinkException(
                    "family " + name, Errno.EOPNOTSUPP, "this kernel has no generic netlink family " + name));
        }
        families.put(name, family);
        return family;
    }

    private static GenericFamily decodeFamily(NetlinkMessage message) {
        Attributes a = message.attributes(Control.SET, GET_FAMILY.headerSize());
        Map<Integer, Integer> operations = new HashMap<>();
        a.each(
                Control.OPERATIONS,
                op -> operations.put(
                        op.get(Operations.ID), op.find(Operations.FLAGS).orElse(0)));
        Map<String, Integer> groups = new HashMap<>();
        a.each(Control.GROUPS, group -> groups.put(group.get(Groups.NAME), group.get(Groups.ID)));
        return new GenericFamily(
                a.get(Control.FAMILY_NAME),
                a.get(Control.FAMILY_ID),
                a.find(Control.VERSION).orElse(0),
                a.find(Control.HEADER_SIZE).orElse(0),
                a.find(Control.MAX_ATTRIBUTE).orElse(0),
                operations,
                groups);
    }

    /**
     * Returns what this kernel accepts in requests of {@code operation}, as a single request or as a dump.
     *
     * @throws UnsupportedException if it does not support the operation, or does not validate it
     */
    public Policy policy(GenericFamily family, Operation operation, boolean dump) {
        PolicyReader reader = new PolicyReader(operation.number(), dump);
        try {
            socket.request(GET_POLICY, Uapi.GENL_ID_CTRL())
                    .put(Control.FAMILY_ID, family.id())
                    .put(Control.OP, operation.number())
                    .dump(message -> {
                        Attributes a = message.attributes(Control.SET, GET_POLICY.headerSize());
                        a.find(Control.POLICY, reader::policies);
                        return a.find(Control.OP_POLICY, reader::operations).isPresent();
                    });
        } catch (NetlinkException e) {
            if (!e.is(Errno.ENODATA) && !e.is(Errno.ENOENT)) {
                throw e;
            }
            throw noPolicy(family, operation);
        }
        return reader.policy().orElseThrow(() -> noPolicy(family, operation));
    }

    private static UnsupportedException noPolicy(GenericFamily family, Operation operation) {
        return new UnsupportedException(new NetlinkException(
                "policy of " + operation, Errno.EOPNOTSUPP, "this kernel has none for it in family " + family.name()));
    }

    /** Closes the socket. Idempotent. */
    @Override
    public void close() {
        socket.close();
    }
}
