package dev.qlease.bpf;

import dev.qlease.bpf.TcAttributes.BpfSet;
import dev.qlease.bpf.TcAttributes.TcSet;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.tcmsg;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.NetlinkMessage;
import dev.qlease.netlink.NetlinkSocket;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalInt;

/** The clsact qdisc of one device and its filters in one direction; linux/rtnetlink.h, tc-bpf(8). */
final class TcFilters {
    private static final int HEADER = (int) tcmsg.sizeof();
    private static final Operation NEW_QDISC = operation(Uapi.RTM_NEWQDISC(), "newqdisc");
    private static final Operation DELETE_QDISC = operation(Uapi.RTM_DELQDISC(), "delqdisc");
    private static final Operation NEW = operation(Uapi.RTM_NEWTFILTER(), "newtfilter");
    private static final Operation DELETE = operation(Uapi.RTM_DELTFILTER(), "deltfilter");
    private static final Operation GET = operation(Uapi.RTM_GETTFILTER(), "gettfilter");

    /** Every device's clsact qdisc has this handle, ffff:. */
    private static final int QDISC = Uapi.TC_H_CLSACT() & Uapi.TC_H_MAJ_MASK();

    private static final String CLSACT = "clsact";
    private static final String BPF = "bpf";

    /** The priority is in the upper half of tcm_info, the protocol, in network byte order, in the lower. */
    private static final int PRIORITY_SHIFT = 16;

    private final NetlinkSocket socket;
    private final int ifindex;
    private final boolean ingress;

    TcFilters(NetlinkSocket socket, int ifindex, boolean ingress) {
        this.socket = socket;
        this.ifindex = ifindex;
        this.ingress = ingress;
    }

    /**
     * A filter as the kernel lists it; the program id is empty for filters of other kinds and for the entry that heads
     * each priority.
     */
    record Filter(int priority, int handle, OptionalInt programId) {
        static Filter of(NetlinkMessage message) {
            MemorySegment header = message.header(HEADER);
            Attributes a = message.attributes(TcSet.SET, HEADER);
            boolean bpf = a.has(TcSet.OPTIONS) && a.get(TcSet.KIND).equals(BPF);
            return new Filter(
                    tcmsg.tcm_info(header) >>> PRIORITY_SHIFT,
                    tcmsg.tcm_handle(header),
                    bpf ? a.get(TcSet.OPTIONS).find(BpfSet.ID) : OptionalInt.empty());
        }
    }

    private static Operation operation(int type, String name) {
        return Operation.plain(type, name, HEADER, TcSet.SET);
    }

    private Request request(Operation operation, int handle, int parent, int info) {
        Request request = socket.request(operation).about("ifindex " + ifindex);
        MemorySegment header = request.header();
        tcmsg.tcm_ifindex(header, ifindex);
        tcmsg.tcm_handle(header, handle);
        tcmsg.tcm_parent(header, parent);
        tcmsg.tcm_info(header, info);
        return request;
    }

    private Request qdisc(Operation operation) {
        return request(operation, QDISC, Uapi.TC_H_CLSACT(), 0).put(TcSet.KIND, CLSACT);
    }

    private static int parent(boolean ingress) {
        int side = ingress ? Uapi.TC_H_MIN_INGRESS() : Uapi.TC_H_MIN_EGRESS();
        return QDISC | side;
    }

    private static int info(int priority) {
        short protocol = (short) Uapi.ETH_P_ALL();
        short ordered = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? protocol : Short.reverseBytes(protocol);
        return priority << PRIORITY_SHIFT | Short.toUnsignedInt(ordered);
    }

    /** Adds a clsact qdisc to the device; returns false if it already has one. */
    boolean addQdisc() {
        try {
            qdisc(NEW_QDISC).flags(Uapi.NLM_F_CREATE() | Uapi.NLM_F_EXCL()).execute();
            return true;
        } catch (LinuxException e) {
            if (!e.is(Errno.EEXIST)) {
                throw e;
            }
            return false;
        }
    }

    /** Removes the qdisc if it has no filter in either direction. */
    void deleteQdiscIfUnused() {
        if (list(true).isEmpty() && list(false).isEmpty()) {
            qdisc(DELETE_QDISC).execute();
        }
    }

    /** Adds a filter before all others and returns it as the kernel lists it. */
    Filter add(int program, String name) {
        return request(NEW, 0, parent(ingress), info(0))
                .flags(Uapi.NLM_F_CREATE() | Uapi.NLM_F_EXCL())
                .put(TcSet.KIND, BPF)
                .begin(TcSet.OPTIONS)
                .put(BpfSet.FD, program)
                .put(BpfSet.NAME, name)
                .put(BpfSet.FLAGS, Uapi.TCA_BPF_FLAG_ACT_DIRECT())
                .end()
                .echo(Filter::of)
                .getFirst();
    }

    /** Returns the filters of this direction; none if there is no qdisc or the device no longer exists. */
    List<Filter> list() {
        return list(ingress);
    }

    private List<Filter> list(boolean side) {
        return request(GET, 0, parent(side), 0).dump(Filter::of);
    }

    void delete(int priority, int handle) {
        request(DELETE, handle, parent(ingress), info(priority))
                .put(TcSet.KIND, BPF)
                .execute();
    }
}
