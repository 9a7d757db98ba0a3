package dev.qlease.bpf;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The kernel's information about a link; struct bpf_link_info.
 *
 * @param type the type of its attachment
 * @param id the link's id, as bpftool shows it
 * @param progId its program's id
 * @param ifindex the device of a tcx or netkit link; empty once the link is detached or the device removed. For a link
 *     at {@link AttachType#NETKIT_PEER} this is the peer, in its own namespace
 * @param attachType the hook of a tcx or netkit link
 */
public record BpfLinkInfo(BpfLinkType type, int id, int progId, OptionalInt ifindex, Optional<AttachType> attachType) {
    static BpfLinkInfo of(MemorySegment info) {
        BpfLinkType type = new BpfLinkType(BpfField.LINK_INFO_TYPE.get(info));
        int id = BpfField.LINK_INFO_ID.get(info);
        int progId = BpfField.LINK_INFO_PROG_ID.get(info);
        if (type.equals(BpfLinkType.TCX)) {
            return onDevice(
                    type,
                    id,
                    progId,
                    BpfField.LINK_INFO_TCX_IFINDEX.get(info),
                    BpfField.LINK_INFO_TCX_ATTACH_TYPE.get(info));
        }
        if (type.equals(BpfLinkType.NETKIT)) {
            return onDevice(
                    type,
                    id,
                    progId,
                    BpfField.LINK_INFO_NETKIT_IFINDEX.get(info),
                    BpfField.LINK_INFO_NETKIT_ATTACH_TYPE.get(info));
        }
        return new BpfLinkInfo(type, id, progId, OptionalInt.empty(), Optional.empty());
    }

    private static BpfLinkInfo onDevice(BpfLinkType type, int id, int progId, int ifindex, int attachType) {
        return new BpfLinkInfo(
                type,
                id,
                progId,
                ifindex == 0 ? OptionalInt.empty() : OptionalInt.of(ifindex),
                Optional.of(new AttachType(attachType)));
    }
}
