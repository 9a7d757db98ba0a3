package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.rtgenmsg;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.NetlinkMessage;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.OptionalInt;

/**
 * The id that one network namespace has in another; linux/net_namespace.h. It refers to the same namespace as long as
 * both exist.
 *
 * @param nsid the id
 * @param currentNsid the id in the requester's namespace, if the ids of another one were requested and there is one
 * @param unknown attributes that this library has no name for
 */
public record NamespaceId(int nsid, OptionalInt currentNsid, List<UnknownAttribute> unknown) {
    /** No id: the kernel has not assigned one. */
    static final int NOT_ASSIGNED = -1;

    /** The attribute set, for which the kernel has no specification. */
    static final class NsidSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("nsid-attrs");
        static final U32 NSID = TABLE.u32(Uapi.NETNSA_NSID(), "nsid");
        static final U32 PID = TABLE.u32(Uapi.NETNSA_PID(), "pid");
        static final U32 FD = TABLE.u32(Uapi.NETNSA_FD(), "fd");
        static final U32 TARGET_NSID = TABLE.u32(Uapi.NETNSA_TARGET_NSID(), "target-nsid");
        static final U32 CURRENT_NSID = TABLE.u32(Uapi.NETNSA_CURRENT_NSID(), "current-nsid");
        static final AttributeSet SET = TABLE.build();

        private NsidSet() {}
    }

    /** Reads a message whose header is struct rtgenmsg. */
    static NamespaceId of(NetlinkMessage message) {
        Attributes a = message.attributes(NsidSet.SET, (int) rtgenmsg.sizeof());
        int current = a.find(NsidSet.CURRENT_NSID).orElse(NOT_ASSIGNED);
        return new NamespaceId(
                a.get(NsidSet.NSID),
                current == NOT_ASSIGNED ? OptionalInt.empty() : OptionalInt.of(current),
                a.unknown());
    }
}
