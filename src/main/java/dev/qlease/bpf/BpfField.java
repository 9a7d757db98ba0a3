package dev.qlease.bpf;

import dev.qlease.ffi.uapi.Uapi;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * One member of the structures of bpf(2), laid out by hand because jextract has no names for the unnamed structs in
 * union bpf_attr; linux/bpf.h. The list native-headers/uapi.layouts has the same members, which ci/bindings/check
 * verifies against the headers.
 *
 * @param owner the union or struct
 * @param name the member, with the inner struct that contains it
 * @param offset its offset in bytes
 * @param size its size in bytes: 4, 8, or more for text
 */
record BpfField(String owner, String name, int offset, int size) {
    private static final List<BpfField> ALL = new ArrayList<>();

    private static final String ATTR = "union bpf_attr";
    private static final String PROG_INFO = "struct bpf_prog_info";
    private static final String MAP_INFO = "struct bpf_map_info";
    private static final String LINK_INFO = "struct bpf_link_info";

    /**
     * The size of union bpf_attr up to the last member used here. An older kernel requires members unknown to it to be
     * 0.
     */
    static final long ATTR_SIZE = 72;

    /** The size of struct bpf_prog_info or bpf_link_info up to the last member used here. The kernel fills no more. */
    static final long INFO_SIZE = 80;

    static final BpfField PROG_TYPE = u32(ATTR, "prog_type", 0);
    static final BpfField INSN_CNT = u32(ATTR, "insn_cnt", 4);
    static final BpfField INSNS = u64(ATTR, "insns", 8);
    static final BpfField LICENSE = u64(ATTR, "license", 16);
    static final BpfField LOG_LEVEL = u32(ATTR, "log_level", 24);
    static final BpfField LOG_SIZE = u32(ATTR, "log_size", 28);
    static final BpfField LOG_BUF = u64(ATTR, "log_buf", 32);
    static final BpfField PROG_NAME = text(ATTR, "prog_name", 48);
    static final BpfField EXPECTED_ATTACH_TYPE = u32(ATTR, "expected_attach_type", 68);

    static final BpfField MAP_TYPE = u32(ATTR, "map_type", 0);
    static final BpfField KEY_SIZE = u32(ATTR, "key_size", 4);
    static final BpfField VALUE_SIZE = u32(ATTR, "value_size", 8);
    static final BpfField MAX_ENTRIES = u32(ATTR, "max_entries", 12);
    static final BpfField MAP_NAME = text(ATTR, "map_name", 28);

    static final BpfField MAP_FD = u32(ATTR, "map_fd", 0);
    static final BpfField KEY = u64(ATTR, "key", 8);
    static final BpfField VALUE = u64(ATTR, "value", 16);
    static final BpfField NEXT_KEY = u64(ATTR, "next_key", 16);

    static final BpfField PATHNAME = u64(ATTR, "pathname", 0);
    static final BpfField BPF_FD = u32(ATTR, "bpf_fd", 8);

    static final BpfField QUERY_ATTACH_TYPE = u32(ATTR, "query.attach_type", 4);

    static final BpfField INFO_BPF_FD = u32(ATTR, "info.bpf_fd", 0);
    static final BpfField INFO_LEN = u32(ATTR, "info.info_len", 4);
    static final BpfField INFO = u64(ATTR, "info.info", 8);

    static final BpfField LINK_PROG_FD = u32(ATTR, "link_create.prog_fd", 0);
    static final BpfField LINK_TARGET_IFINDEX = u32(ATTR, "link_create.target_ifindex", 4);
    static final BpfField LINK_ATTACH_TYPE = u32(ATTR, "link_create.attach_type", 8);

    static final BpfField LINK_NETFILTER_PF = u32(ATTR, "link_create.netfilter.pf", 16);
    static final BpfField LINK_NETFILTER_HOOKNUM = u32(ATTR, "link_create.netfilter.hooknum", 20);
    static final BpfField LINK_NETFILTER_PRIORITY = u32(ATTR, "link_create.netfilter.priority", 24);

    static final BpfField DETACH_LINK_FD = u32(ATTR, "link_detach.link_fd", 0);

    static final BpfField PROG_INFO_TYPE = u32(PROG_INFO, "type", 0);
    static final BpfField PROG_INFO_ID = u32(PROG_INFO, "id", 4);
    static final BpfField PROG_INFO_TAG = new BpfField(PROG_INFO, "tag", 8, Uapi.BPF_TAG_SIZE()).listed();
    static final BpfField PROG_INFO_NAME = text(PROG_INFO, "name", 64);

    static final BpfField MAP_INFO_TYPE = u32(MAP_INFO, "type", 0);
    static final BpfField MAP_INFO_ID = u32(MAP_INFO, "id", 4);
    static final BpfField MAP_INFO_KEY_SIZE = u32(MAP_INFO, "key_size", 8);
    static final BpfField MAP_INFO_VALUE_SIZE = u32(MAP_INFO, "value_size", 12);
    static final BpfField MAP_INFO_MAX_ENTRIES = u32(MAP_INFO, "max_entries", 16);
    static final BpfField MAP_INFO_NAME = text(MAP_INFO, "name", 24);

    static final BpfField LINK_INFO_TYPE = u32(LINK_INFO, "type", 0);
    static final BpfField LINK_INFO_ID = u32(LINK_INFO, "id", 4);
    static final BpfField LINK_INFO_PROG_ID = u32(LINK_INFO, "prog_id", 8);
    static final BpfField LINK_INFO_TCX_IFINDEX = u32(LINK_INFO, "tcx.ifindex", 16);
    static final BpfField LINK_INFO_TCX_ATTACH_TYPE = u32(LINK_INFO, "tcx.attach_type", 20);
    static final BpfField LINK_INFO_NETKIT_IFINDEX = u32(LINK_INFO, "netkit.ifindex", 16);
    static final BpfField LINK_INFO_NETKIT_ATTACH_TYPE = u32(LINK_INFO, "netkit.attach_type", 20);

    private BpfField listed() {
        ALL.add(this);
        return this;
    }

    private static BpfField u32(String owner, String name, int offset) {
        return new BpfField(owner, name, offset, Integer.BYTES).listed();
    }

    private static BpfField u64(String owner, String name, int offset) {
        return new BpfField(owner, name, offset, Long.BYTES).listed();
    }

    private static BpfField text(String owner, String name, int offset) {
        return new BpfField(owner, name, offset, Uapi.BPF_OBJ_NAME_LEN()).listed();
    }

    /** Returns all members. */
    static List<BpfField> all() {
        return List.copyOf(ALL);
    }

    void put(MemorySegment struct, int value) {
        struct.set(ValueLayout.JAVA_INT, offset, value);
    }

    /** Puts a pointer. */
    void put(MemorySegment struct, MemorySegment pointee) {
        struct.set(ValueLayout.JAVA_LONG, offset, pointee.address());
    }

    /** Puts a text, which must be shorter than the member. */
    void put(MemorySegment struct, String value) {
        struct.asSlice(offset, size).setString(0, value);
    }

    int get(MemorySegment struct) {
        return struct.get(ValueLayout.JAVA_INT, offset);
    }

    String text(MemorySegment struct) {
        return struct.asSlice(offset, size).getString(0);
    }

    byte[] bytes(MemorySegment struct) {
        return struct.asSlice(offset, size).toArray(ValueLayout.JAVA_BYTE);
    }
}
