package dev.qlease.bpf;

import static dev.qlease.bpf.PacketCode.BODY;
import static dev.qlease.bpf.PacketCode.BODY_SIZE;
import static dev.qlease.bpf.PacketCode.ETHERNET;
import static dev.qlease.bpf.PacketCode.HEADER;
import static dev.qlease.bpf.PacketCode.IPV4_HEADER;
import static dev.qlease.bpf.PacketCode.IPV6_HEADER;
import static dev.qlease.bpf.asm.Register.R1;
import static dev.qlease.bpf.asm.Register.R2;
import static dev.qlease.bpf.asm.Register.R6;
import static dev.qlease.bpf.asm.Register.R7;

import dev.qlease.bpf.asm.Alu;
import dev.qlease.bpf.asm.Assembler;
import dev.qlease.bpf.asm.Condition;
import dev.qlease.bpf.asm.Label;
import dev.qlease.bpf.asm.Size;
import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.__sk_buff;
import java.util.OptionalInt;

/**
 * Assembles the two programs for packets to the guest: one for packets that the NIC receives, which passes all others
 * unchanged, and one for packets that the host's stack sends, which drops all others.
 */
final class ToGuest {
    private static final int COUNTERS = 0;
    private static final int PACKET_HOST = 0;
    private static final int ARP_MESSAGE = 28;
    private static final int ARP_TARGET = HEADER + 24;
    private static final int IPV4_SOURCE = HEADER + 12;
    private static final int IPV4_DESTINATION = HEADER + 16;
    private static final int IPV6_NEXT_HEADER = HEADER + 6;
    private static final int IPV6_SOURCE = HEADER + 8;
    private static final int IPV6_DESTINATION = HEADER + 24;

    private final PacketCode packet = new PacketCode();
    private final Assembler code = packet.code;
    private final GuestPolicy policy;
    private final boolean fromWire;
    private final Label ipv4 = new Label("ipv4");
    private final Label ipv6 = new Label("ipv6");
    private final Label arp = new Label("arp");
    private final Label accept = new Label("accept");
    private final Label others = new Label("others");

    private ToGuest(GuestPolicy policy, boolean fromWire) {
        this.policy = policy;
        this.fromWire = fromWire;
    }

    static ProgramSpec fromWire(GuestPolicy policy, int hostIfindex, BpfMap counters) {
        return new ToGuest(policy, true).assemble("qlease_wire", OptionalInt.of(hostIfindex), counters);
    }

    static ProgramSpec fromStack(GuestPolicy policy, BpfMap counters) {
        return new ToGuest(policy, false).assemble("qlease_stack", OptionalInt.empty(), counters);
    }

    private ProgramSpec assemble(String name, OptionalInt hostIfindex, BpfMap counters) {
        begin();
        if (policy.uses(false)) {
            ipv4();
            if (!fromWire) {
                arp();
            }
        }
        if (policy.uses(true)) {
            ipv6();
        }
        code.bind(accept);
        if (hostIfindex.isPresent()) {
            code.alu(Alu.MOV, R1, hostIfindex.getAsInt())
                    .alu(Alu.MOV, R2, 0)
                    .call(Uapi.BPF_FUNC_redirect_peer())
                    .exit();
            code.bind(others);
            packet.verdict(Uapi.TC_ACT_UNSPEC());
        } else {
            packet.verdict(Uapi.TC_ACT_OK());
        }
        packet.finish(COUNTERS);
        return ProgramSpec.ofPackets(name, code.assemble(), counters);
    }

    /**
     * Returns the label for a packet that is not for the guest: it passes if it comes from the wire, else it is
     * dropped.
     */
    private Label not(DropReason reason) {
        return fromWire ? others : packet.drop(reason);
    }

    private void begin() {
        Label protocol = not(DropReason.TO_GUEST_PROTOCOL);
        packet.begin(protocol);
        if (fromWire) {
            // Frames for other hardware addresses, which a NIC in promiscuous mode receives, are not for the guest.
            code.load(Size.W, R2, R6, (int) __sk_buff.pkt_type$offset()).jump(Condition.NE, R2, PACKET_HOST, others);
        }
        packet.protocol();
        if (policy.uses(false)) {
            code.jump(Condition.EQ, R2, Uapi.ETH_P_IP(), ipv4);
            if (!fromWire) {
                code.jump(Condition.EQ, R2, Uapi.ETH_P_ARP(), arp);
            }
        }
        if (policy.uses(true)) {
            code.jump(Condition.EQ, R2, Uapi.ETH_P_IPV6(), ipv6);
        }
        code.jump(protocol);
    }

    private void arp() {
        Label refused = packet.drop(DropReason.TO_GUEST_DESTINATION);
        code.bind(arp);
        packet.read(ETHERNET, ARP_MESSAGE, HEADER, refused);
        packet.loadAddress(false, ARP_TARGET);
        packet.match(false, policy.addresses(), accept);
        code.jump(refused);
    }

    private void ipv4() {
        code.bind(ipv4);
        packet.read(ETHERNET, IPV4_HEADER, HEADER, not(DropReason.TO_GUEST_PROTOCOL));
        requireOwnDestination(false, IPV4_DESTINATION);
        requireReachableSource(false, IPV4_SOURCE);
    }

    private void ipv6() {
        Label icmpv6 = new Label("icmpv6");
        Label ordinary = new Label("ordinary");
        code.bind(ipv6);
        packet.read(ETHERNET, IPV6_HEADER, HEADER, not(DropReason.TO_GUEST_PROTOCOL));
        packet.loadByte(R1, IPV6_NEXT_HEADER);
        code.jump(Condition.EQ, R1, Libc.IPPROTO_ICMPV6(), icmpv6).bind(ordinary);
        requireOwnDestination(true, IPV6_DESTINATION);
        packet.loadAddress(true, IPV6_SOURCE);
        packet.matchLinkLocal(not(DropReason.TO_GUEST_UNREACHABLE));
        requireReachableSource(true, IPV6_SOURCE);
        code.bind(icmpv6);
        packet.read(ETHERNET + IPV6_HEADER, 1, BODY, not(DropReason.TO_GUEST_PROTOCOL));
        packet.loadByte(R7, BODY);
        code.jump(Condition.LT, R7, FromGuest.ICMPV6_OF_LINK, ordinary);
        if (fromWire) {
            code.jump(others);
        } else {
            discovery();
        }
    }

    private void requireOwnDestination(boolean ipv6, int at) {
        Label own = new Label("own");
        packet.loadAddress(ipv6, at);
        packet.match(ipv6, policy.addresses(), own);
        code.jump(not(DropReason.TO_GUEST_DESTINATION)).bind(own);
    }

    private void requireReachableSource(boolean ipv6, int at) {
        packet.loadAddress(ipv6, at);
        packet.requireReachable(ipv6, policy.reachable(), DropReason.TO_GUEST_UNREACHABLE);
        code.jump(accept);
    }

    /** Passes solicitations for the guest's addresses, and advertisements sent to them. */
    private void discovery() {
        Label refused = packet.drop(DropReason.TO_GUEST_PROTOCOL);
        Label advertises = new Label("advertises");
        code.jump(Condition.EQ, R7, FromGuest.NEIGHBOUR_ADVERTISEMENT, advertises)
                .jump(Condition.NE, R7, FromGuest.NEIGHBOUR_SOLICITATION, refused);
        packet.read(ETHERNET + IPV6_HEADER, BODY_SIZE, BODY, refused);
        packet.loadAddress(true, FromGuest.TARGET);
        packet.match(true, policy.addresses(), accept);
        code.jump(refused).bind(advertises);
        packet.loadAddress(true, IPV6_DESTINATION);
        packet.match(true, policy.addresses(), accept);
        code.jump(refused);
    }
}
