package dev.qlease.bpf;

import static dev.qlease.bpf.PacketCode.BODY;
import static dev.qlease.bpf.PacketCode.BODY_SIZE;
import static dev.qlease.bpf.PacketCode.ETHERNET;
import static dev.qlease.bpf.PacketCode.FRAME;
import static dev.qlease.bpf.PacketCode.HEADER;
import static dev.qlease.bpf.PacketCode.IPV4_HEADER;
import static dev.qlease.bpf.PacketCode.IPV6_HEADER;
import static dev.qlease.bpf.PacketCode.SCRATCH;
import static dev.qlease.bpf.asm.Register.R0;
import static dev.qlease.bpf.asm.Register.R1;
import static dev.qlease.bpf.asm.Register.R10;
import static dev.qlease.bpf.asm.Register.R2;
import static dev.qlease.bpf.asm.Register.R3;
import static dev.qlease.bpf.asm.Register.R4;
import static dev.qlease.bpf.asm.Register.R5;
import static dev.qlease.bpf.asm.Register.R6;
import static dev.qlease.bpf.asm.Register.R7;
import static dev.qlease.bpf.asm.Register.R8;

import dev.qlease.bpf.asm.Alu;
import dev.qlease.bpf.asm.Assembler;
import dev.qlease.bpf.asm.Condition;
import dev.qlease.bpf.asm.Label;
import dev.qlease.bpf.asm.Size;
import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.IpAddress;
import java.util.OptionalInt;

/**
 * Assembles the program for packets that the guest sends. The guest is root in its namespace and has packet sockets: it
 * chooses every byte of the frame, and the protocol that the socket declares for it.
 *
 * <p>R7 holds the protocol after the fixed header, R8 the IPv4 header's length in words or the ICMPv6 type, R9 the
 * offset at which a pending checksum starts.
 */
final class FromGuest {
    private static final String NAME = "qlease_guest";
    private static final int COUNTERS = 0;

    private static final int ETHERNET_SOURCE = FRAME + 6;
    private static final int ETHERNET_TYPE = FRAME + 12;

    /** ETH_P_8021AD; linux/if_ether.h. */
    private static final int SERVICE_TAG = 0x88a8;

    private static final int ARP_MESSAGE = 28;

    /** Hardware type Ethernet and protocol IPv4, followed by the lengths of their addresses. */
    private static final int ARP_ETHERNET = 0x0001_0800;

    private static final int ARP_LENGTHS = 0x0604;

    private static final int IPV4_SOURCE = HEADER + 12;
    private static final int IPV4_DESTINATION = HEADER + 16;
    private static final int IPV4_FRAGMENT = HEADER + 6;
    private static final int IPV4_OFFSET_MASK = 0x1fff;
    private static final int IPV4_WORDS = 5;

    /** ICMP redirect, router advertisement and router solicitation; RFC 792, RFC 1256. */
    private static final int[] ICMP_OF_ROUTERS = {5, 9, 10};

    private static final int IPV6_NEXT_HEADER = HEADER + 6;
    private static final int IPV6_SOURCE = HEADER + 8;
    private static final int IPV6_DESTINATION = HEADER + 24;

    /** The lowest ICMPv6 type of router, neighbour and listener messages; below it are errors and echo. */
    static final int ICMPV6_OF_LINK = 130;

    static final int NEIGHBOUR_SOLICITATION = 135;
    static final int NEIGHBOUR_ADVERTISEMENT = 136;

    /** The stack offset of the target of a neighbour solicitation or advertisement. */
    static final int TARGET = BODY + 8;

    private static final int LINK_SCOPE = 0xff02_0000;

    private final PacketCode packet = new PacketCode();
    private final Assembler code = packet.code;
    private final PendingChecksum checksum = new PendingChecksum(packet);
    private final GuestPolicy policy;
    private final OptionalInt nicIfindex;
    private final Label ipv4 = new Label("ipv4");
    private final Label ipv6 = new Label("ipv6");
    private final Label arp = new Label("arp");
    private final Label pass = new Label("pass");
    private final Label out = new Label("out");
    private final Label icmp = new Label("icmp");
    private final Label ordinary4 = new Label("ordinary IPv4");
    private final Label ordinary6 = new Label("ordinary IPv6");
    private final Label toHost4 = new Label("to the host by IPv4");
    private final Label toHost6 = new Label("to the host by IPv6");
    private final ExtensionHeaders headers = new ExtensionHeaders(packet, pass);

    private FromGuest(GuestPolicy policy, OptionalInt nicIfindex) {
        this.policy = policy;
        this.nicIfindex = nicIfindex;
    }

    /** @param nicIfindex the NIC through which packets leave; empty if the stack forwards them */
    static ProgramSpec assemble(GuestPolicy policy, OptionalInt nicIfindex, BpfMap counters) {
        FromGuest program = new FromGuest(policy, nicIfindex);
        program.frame();
        if (policy.uses(false)) {
            program.arp();
            program.ipv4();
        }
        if (policy.uses(true)) {
            program.ipv6();
        }
        program.out();
        program.packet.finish(COUNTERS);
        return ProgramSpec.ofPackets(NAME, program.code.assemble(), counters);
    }

    private Label drop(DropReason reason) {
        return packet.drop(reason);
    }

    /**
     * A packet socket declares the protocol separately from the frame's EtherType. The stack uses the former, so the
     * two must agree.
     */
    private void frame() {
        packet.begin(drop(DropReason.VLAN));
        packet.read(0, ETHERNET, FRAME, drop(DropReason.MALFORMED));
        checksum.load();
        packet.loadShort(R3, ETHERNET_TYPE);
        packet.protocol();
        for (int type : new int[] {Uapi.ETH_P_8021Q(), SERVICE_TAG}) {
            code.jump(Condition.EQ, R2, type, drop(DropReason.VLAN))
                    .jump(Condition.EQ, R3, type, drop(DropReason.VLAN));
        }
        code.jump(Condition.NE, R2, R3, drop(DropReason.ETHERTYPE))
                .jump(Condition.EQ, R2, Uapi.ETH_P_IP(), policy.uses(false) ? ipv4 : drop(DropReason.SOURCE))
                .jump(Condition.EQ, R2, Uapi.ETH_P_IPV6(), policy.uses(true) ? ipv6 : drop(DropReason.SOURCE))
                .jump(Condition.EQ, R2, Uapi.ETH_P_ARP(), policy.uses(false) ? arp : drop(DropReason.ARP))
                .jump(drop(DropReason.ETHERTYPE));
    }

    /**
     * Passes requests and replies from the guest's addresses, and probes for them (RFC 5227), if the sender's hardware
     * address is that of the frame.
     */
    private void arp() {
        Label wrong = drop(DropReason.ARP);
        Label probe = new Label("probe");
        code.bind(arp);
        checksum.requireNone();
        packet.pull(ETHERNET + ARP_MESSAGE, wrong);
        packet.read(ETHERNET, ARP_MESSAGE, HEADER, wrong);
        code.load(Size.W, R1, R10, HEADER).toBigEndian(R1, Integer.SIZE).jump32(Condition.NE, R1, ARP_ETHERNET, wrong);
        packet.loadShort(R1, HEADER + 4);
        code.jump(Condition.NE, R1, ARP_LENGTHS, wrong);
        packet.loadShort(R8, HEADER + 6);
        code.jump(Condition.EQ, R8, 0, wrong).jump(Condition.GT, R8, 2, wrong);
        code.load(Size.W, R1, R10, HEADER + 8)
                .load(Size.W, R2, R10, ETHERNET_SOURCE)
                .jump32(Condition.NE, R1, R2, wrong)
                .load(Size.H, R1, R10, HEADER + 12)
                .load(Size.H, R2, R10, ETHERNET_SOURCE + 4)
                .jump(Condition.NE, R1, R2, wrong);
        loadArpAddress(HEADER + 14);
        packet.match(false, policy.addresses(), pass);
        code.jump32(Condition.NE, R2, 0, wrong).jump(Condition.EQ, R8, 1, probe).jump(wrong);
        code.bind(probe);
        loadArpAddress(HEADER + 24);
        packet.match(false, policy.addresses(), pass);
        code.jump(wrong);
    }

    /** Loads an address of an ARP message, which is not aligned to a word. */
    private void loadArpAddress(int at) {
        packet.loadShort(R2, at);
        packet.loadShort(R3, at + 2);
        code.alu32(Alu.LSH, R2, Short.SIZE).alu32(Alu.OR, R2, R3);
    }

    private void ipv4() {
        Label malformed = drop(DropReason.MALFORMED);
        code.bind(ipv4);
        packet.pull(ETHERNET + IPV4_HEADER, malformed);
        packet.read(ETHERNET, IPV4_HEADER, HEADER, malformed);
        packet.loadByte(R8, HEADER);
        code.alu(Alu.MOV, R1, R8)
                .alu(Alu.RSH, R1, 4)
                .jump(Condition.NE, R1, 4, malformed)
                .alu(Alu.AND, R8, 0xf)
                .jump(Condition.LT, R8, IPV4_WORDS, malformed)
                .alu(Alu.MOV, R1, R8)
                .alu(Alu.LSH, R1, 2)
                .alu(Alu.ADD, R1, ETHERNET);
        checksum.requireBehindR1();
        packet.loadByte(R7, HEADER + 9);
        requireOwnSource(false, IPV4_SOURCE);
        code.jump(Condition.EQ, R7, Libc.IPPROTO_ICMP(), icmp).bind(ordinary4);
        destination(false, IPV4_DESTINATION);
        if (hostHas(false)) {
            code.bind(toHost4)
                    .jump(Condition.NE, R8, IPV4_WORDS, drop(DropReason.HOST_PROTOCOL))
                    .jump(Condition.EQ, R7, Libc.IPPROTO_ICMP(), pass);
            plainProtocols();
        }
        icmpOfRouters();
    }

    private boolean hostHas(boolean ipv6) {
        return policy.hostAddresses().stream().map(IpAddress::isIpv6).anyMatch(of -> of == ipv6);
    }

    private void plainProtocols() {
        code.jump(Condition.EQ, R7, Libc.IPPROTO_TCP(), pass)
                .jump(Condition.EQ, R7, Libc.IPPROTO_UDP(), pass)
                .jump(drop(DropReason.HOST_PROTOCOL));
    }

    private void icmpOfRouters() {
        code.bind(icmp);
        checksum.requireNone();
        packet.loadShort(R1, IPV4_FRAGMENT);
        code.alu(Alu.AND, R1, IPV4_OFFSET_MASK).jump(Condition.NE, R1, 0, ordinary4);
        code.alu(Alu.MOV, R2, R8).alu(Alu.LSH, R2, 2).alu(Alu.ADD, R2, ETHERNET);
        packet.readAtR2(1, BODY, drop(DropReason.MALFORMED));
        packet.loadByte(R1, BODY);
        for (int type : ICMP_OF_ROUTERS) {
            code.jump(Condition.EQ, R1, type, drop(DropReason.DISCOVERY));
        }
        code.jump(ordinary4);
    }

    private void requireOwnSource(boolean ipv6, int at) {
        Label own = new Label("own source");
        packet.loadAddress(ipv6, at);
        packet.match(ipv6, policy.addresses(), own);
        code.jump(drop(DropReason.SOURCE)).bind(own);
    }

    /** Drops packets to forbidden destinations, and separates packets to the host from those that leave it. */
    private void destination(boolean ipv6, int at) {
        packet.loadAddress(ipv6, at);
        packet.matchSpecial(ipv6, drop(DropReason.SPECIAL_DESTINATION));
        packet.requireReachable(ipv6, policy.reachable(), DropReason.UNREACHABLE);
        if (hostHas(ipv6)) {
            // Reloaded, so that the verifier forgets which network matched: otherwise it examines all combinations.
            packet.loadAddress(ipv6, at);
            packet.match(ipv6, policy.hostAddresses(), ipv6 ? toHost6 : toHost4);
        }
        packet.matchNetworks(ipv6, policy.refused(), drop(DropReason.SPECIAL_DESTINATION));
        code.jump(ipv6 && nicIfindex.isEmpty() ? headers.begin : out);
    }

    private void ipv6() {
        Label malformed = drop(DropReason.MALFORMED);
        Label icmpv6 = new Label("icmpv6");
        code.bind(ipv6);
        packet.pull(ETHERNET + IPV6_HEADER, malformed);
        packet.read(ETHERNET, IPV6_HEADER, HEADER, malformed);
        packet.loadByte(R1, HEADER);
        code.alu(Alu.RSH, R1, 4).jump(Condition.NE, R1, 6, malformed);
        checksum.requireBehind(ETHERNET + IPV6_HEADER);
        packet.loadByte(R7, IPV6_NEXT_HEADER);
        code.jump(Condition.EQ, R7, Libc.IPPROTO_ICMPV6(), icmpv6).bind(ordinary6);
        requireOwnSource(true, IPV6_SOURCE);
        destination(true, IPV6_DESTINATION);
        if (hostHas(true)) {
            code.bind(toHost6).jump(Condition.EQ, R7, Libc.IPPROTO_ICMPV6(), pass);
            plainProtocols();
        }
        if (nicIfindex.isEmpty()) {
            headers.append();
        }
        code.bind(icmpv6);
        checksum.requireNone();
        packet.pull(ETHERNET + IPV6_HEADER + 1, malformed);
        packet.read(ETHERNET + IPV6_HEADER, 1, BODY, malformed);
        packet.loadByte(R8, BODY);
        code.jump(Condition.LT, R8, ICMPV6_OF_LINK, ordinary6);
        discovery();
    }

    /** Passes, of all link-scope messages, only solicitations from the guest's addresses and advertisements of them. */
    private void discovery() {
        Label refused = drop(DropReason.DISCOVERY);
        Label own = new Label("own");
        Label target = new Label("target");
        Label known = new Label("known");
        code.jump(Condition.LT, R8, NEIGHBOUR_SOLICITATION, refused)
                .jump(Condition.GT, R8, NEIGHBOUR_ADVERTISEMENT, refused);
        packet.pull(ETHERNET + IPV6_HEADER + BODY_SIZE, refused);
        packet.read(ETHERNET + IPV6_HEADER, BODY_SIZE, BODY, refused);
        onLink(known);
        code.bind(known);
        packet.loadAddress(true, IPV6_SOURCE);
        packet.match(true, policy.addresses(), own);
        // Duplicate address detection uses the unspecified source address; RFC 4862.
        code.alu(Alu.OR, R2, R3)
                .alu(Alu.OR, R2, R4)
                .alu(Alu.OR, R2, R5)
                .jump(Condition.NE, R2, 0, drop(DropReason.SOURCE))
                .jump(Condition.EQ, R8, NEIGHBOUR_SOLICITATION, target)
                .jump(refused)
                .bind(own)
                .jump(Condition.EQ, R8, NEIGHBOUR_SOLICITATION, pass)
                .bind(target);
        packet.loadAddress(true, TARGET);
        packet.match(true, policy.addresses(), pass);
        code.jump(refused);
    }

    /**
     * Jumps to {@code known} if the destination is ff02::1, a solicited-node or link-local address or one of the
     * host's; drops other packets.
     */
    private void onLink(Label known) {
        Label refused = drop(DropReason.DISCOVERY);
        Label unicast = new Label("unicast");
        Label solicited = new Label("solicited");
        packet.loadAddress(true, IPV6_DESTINATION);
        code.jump32(Condition.NE, R2, LINK_SCOPE, unicast)
                .jump(Condition.NE, R3, 0, refused)
                .jump(Condition.EQ, R4, 1, solicited)
                .jump(Condition.NE, R4, 0, refused)
                .jump(Condition.EQ, R5, 1, known)
                .jump(refused)
                .bind(solicited)
                .alu32(Alu.RSH, R5, Integer.SIZE - Byte.SIZE)
                .jump(Condition.EQ, R5, 0xff, known)
                .jump(refused)
                .bind(unicast);
        packet.matchLinkLocal(known);
        packet.match(true, policy.hostAddresses(), known);
        code.jump(refused);
    }

    private void out() {
        if (nicIfindex.isPresent()) {
            code.bind(out)
                    .store(Size.W, R10, SCRATCH, 0)
                    .alu(Alu.MOV, R1, R6)
                    .alu(Alu.MOV, R2, nicIfindex.getAsInt())
                    .alu(Alu.MOV, R3, R10)
                    .alu(Alu.ADD, R3, SCRATCH)
                    .alu(Alu.MOV, R4, 0)
                    .alu(Alu.MOV, R5, Uapi.BPF_MTU_CHK_SEGS())
                    .call(Uapi.BPF_FUNC_check_mtu())
                    .jump(Condition.NE, R0, 0, drop(DropReason.TOO_LONG))
                    .alu(Alu.MOV, R1, nicIfindex.getAsInt())
                    .alu(Alu.MOV, R2, 0)
                    .alu(Alu.MOV, R3, 0)
                    .alu(Alu.MOV, R4, 0)
                    .call(Uapi.BPF_FUNC_redirect_neigh())
                    .exit()
                    .bind(pass);
        } else {
            code.bind(out).bind(pass);
        }
        packet.verdict(Uapi.TC_ACT_OK());
    }
}
