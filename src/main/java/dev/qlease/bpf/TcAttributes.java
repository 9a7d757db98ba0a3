package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.Attribute.Binary;
import dev.qlease.netlink.Attribute.SubMessage;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Names;
import java.util.Map;

/** The attribute sets of traffic control, limited to those of BPF filters; linux/rtnetlink.h, linux/pkt_cls.h. */
final class TcAttributes {
    private TcAttributes() {}

    /** Set {@code bpf-attrs}. */
    static final class BpfSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("bpf-attrs");
        static final U32 CLASSID = TABLE.u32(Uapi.TCA_BPF_CLASSID(), "classid");
        static final U32 FD = TABLE.u32(Uapi.TCA_BPF_FD(), "fd");
        static final Text NAME = TABLE.text(Uapi.TCA_BPF_NAME(), "name");
        static final U32 FLAGS = TABLE.u32(
                Uapi.TCA_BPF_FLAGS(),
                "flags",
                Names.ofMasks(Map.of((long) Uapi.TCA_BPF_FLAG_ACT_DIRECT(), "act-direct")));
        static final U32 FLAGS_GEN = TABLE.u32(Uapi.TCA_BPF_FLAGS_GEN(), "flags-gen");
        static final Binary TAG = TABLE.binary(Uapi.TCA_BPF_TAG(), "tag");
        static final U32 ID = TABLE.u32(Uapi.TCA_BPF_ID(), "id");
        static final AttributeSet SET = TABLE.build();

        private BpfSet() {}
    }

    /** Set {@code attrs}. */
    static final class TcSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("attrs");
        static final Text KIND = TABLE.text(Uapi.TCA_KIND(), "kind");
        static final SubMessage OPTIONS =
                TABLE.subMessage(Uapi.TCA_OPTIONS(), "options", KIND, Map.of("bpf", BpfSet.SET));
        static final U32 CHAIN = TABLE.u32(Uapi.TCA_CHAIN(), "chain");
        static final U32 INGRESS_BLOCK = TABLE.u32(Uapi.TCA_INGRESS_BLOCK(), "ingress-block");
        static final U32 EGRESS_BLOCK = TABLE.u32(Uapi.TCA_EGRESS_BLOCK(), "egress-block");
        static final AttributeSet SET = TABLE.build();

        private TcSet() {}
    }
}
