package dev.qlease.bpf;

import static dev.qlease.bpf.asm.Register.R0;
import static dev.qlease.bpf.asm.Register.R1;
import static dev.qlease.bpf.asm.Register.R10;
import static dev.qlease.bpf.asm.Register.R2;
import static dev.qlease.bpf.asm.Register.R3;
import static dev.qlease.bpf.asm.Register.R4;
import static dev.qlease.bpf.asm.Register.R5;
import static dev.qlease.bpf.asm.Register.R6;

import dev.qlease.bpf.GuestPolicy.Network;
import dev.qlease.bpf.asm.Alu;
import dev.qlease.bpf.asm.Assembler;
import dev.qlease.bpf.asm.Condition;
import dev.qlease.bpf.asm.Label;
import dev.qlease.bpf.asm.Register;
import dev.qlease.bpf.asm.Size;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.__sk_buff;
import dev.qlease.netlink.IpAddress;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Code that the programs for a guest's packets share: reading headers to the stack, comparing addresses, dropping and
 * counting packets. R6 holds the packet, R2 to R5 the current address, in host byte order.
 */
final class PacketCode {
    static final int ETHERNET = 14;
    static final int IPV4_HEADER = 20;
    static final int IPV6_HEADER = 40;

    /**
     * Stack offsets to which the fixed header of IPv4, IPv6 or ARP, the bytes after it, and the Ethernet header are
     * read.
     */
    static final int HEADER = -IPV6_HEADER;

    static final int BODY_SIZE = 24;
    static final int BODY = HEADER - BODY_SIZE;
    static final int FRAME = BODY - ETHERNET;

    /** Stack offset of a value whose address is passed to helpers. */
    static final int SCRATCH = BODY - 3 * Long.BYTES;

    /** 224.0.0.0, the first of the multicast, reserved and broadcast addresses. */
    private static final int IPV4_MULTICAST = 0xe000_0000;

    private static final int IPV4_LOOPBACK = 127;

    /** 169.254.0.0/16. */
    private static final int IPV4_LINK_LOCAL = 0xa9fe;

    /** ff00::/8. */
    private static final int IPV6_MULTICAST = 0xff;

    /** fe80::/10. */
    static final int IPV6_LINK_LOCAL = 0xfe80 >> 6;

    static final int LINK_LOCAL_SHIFT = Integer.SIZE - 10;

    private static final Register[] WORDS = {R2, R3, R4, R5};

    final Assembler code = new Assembler();

    private final Map<DropReason, Label> drops = new EnumMap<>(DropReason.class);

    /**
     * Returns the label of the code that drops and counts a packet. The program must jump to it: the verifier rejects
     * unreachable code.
     */
    Label drop(DropReason reason) {
        return drops.computeIfAbsent(reason, key -> new Label("drop " + key));
    }

    /** Begins a program: saves the packet, and jumps to {@code vlan} if it has a VLAN tag. */
    void begin(Label vlan) {
        code.alu(Alu.MOV, R6, R1)
                .load(Size.W, R2, R6, (int) __sk_buff.vlan_present$offset())
                .jump(Condition.NE, R2, 0, vlan);
    }

    /** Loads into R2 the protocol by which the stack classifies the packet. */
    void protocol() {
        code.load(Size.W, R2, R6, (int) __sk_buff.protocol$offset()).toBigEndian(R2, Short.SIZE);
    }

    /** Ends the program with a verdict. */
    void verdict(int verdict) {
        code.alu(Alu.MOV, R0, verdict).exit();
    }

    /**
     * Moves the first bytes of the packet into contiguous memory that only the kernel can change. The sender of a
     * packet socket can leave headers in pages that it may change after they have been checked; net/packet/af_packet.c.
     * The payload, which may be device memory, is not touched.
     */
    void pull(int length, Label failed) {
        code.alu(Alu.MOV, R1, R6)
                .alu(Alu.MOV, R2, length)
                .call(Uapi.BPF_FUNC_skb_pull_data())
                .jump(Condition.NE, R0, 0, failed);
    }

    /** Copies bytes of the packet to the stack, by a helper, which also reads headers outside the linear part. */
    void read(int offset, int length, int buffer, Label failed) {
        code.alu(Alu.MOV, R2, offset);
        readAtR2(length, buffer, failed);
    }

    /** Copies bytes of the packet from the offset in R2 to the stack. */
    void readAtR2(int length, int buffer, Label failed) {
        code.alu(Alu.MOV, R1, R6)
                .alu(Alu.MOV, R3, R10)
                .alu(Alu.ADD, R3, buffer)
                .alu(Alu.MOV, R4, length)
                .call(Uapi.BPF_FUNC_skb_load_bytes())
                .jump(Condition.NE, R0, 0, failed);
    }

    /** Loads a byte that was read to the stack. */
    void loadByte(Register register, int at) {
        code.load(Size.B, register, R10, at);
    }

    /** Loads a 16-bit number in network byte order that was read to the stack. */
    void loadShort(Register register, int at) {
        code.load(Size.H, register, R10, at).toBigEndian(register, Short.SIZE);
    }

    /** Loads an address that was read to the stack into R2 (IPv4) or R2 to R5 (IPv6). */
    void loadAddress(boolean ipv6, int at) {
        for (int i = 0; i < (ipv6 ? WORDS.length : 1); i++) {
            code.load(Size.W, WORDS[i], R10, at + i * Integer.BYTES).toBigEndian(WORDS[i], Integer.SIZE);
        }
    }

    /** Jumps to {@code match} if the current address is one of {@code addresses}. */
    void match(boolean ipv6, List<IpAddress> addresses, Label match) {
        matchNetworks(
                ipv6,
                addresses.stream()
                        .map(address -> new Network(address, address.bits()))
                        .toList(),
                match);
    }

    /** Jumps to {@code match} if the current address is in one of {@code networks}, whose lengths are 1 or more. */
    void matchNetworks(boolean ipv6, List<Network> networks, Label match) {
        networks.stream()
                .filter(network -> network.address().isIpv6() == ipv6)
                .forEach(network -> matchNetwork(network, match));
    }

    private void matchNetwork(Network network, Label match) {
        Label next = new Label("after " + network);
        ByteBuffer bytes = ByteBuffer.wrap(network.address().bytes());
        for (int i = 0; i * Integer.SIZE < network.length(); i++) {
            int rest = Integer.SIZE - Math.min(Integer.SIZE, network.length() - i * Integer.SIZE);
            int word = bytes.getInt();
            Register register = WORDS[i];
            if (rest > 0) {
                code.alu32(Alu.MOV, R1, register).alu32(Alu.RSH, R1, rest);
                register = R1;
                word >>>= rest;
            }
            code.jump32(Condition.NE, register, word, next);
        }
        code.jump(match).bind(next);
    }

    /** Jumps to {@code special} if the current address cannot be that of a unicast packet to another network. */
    void matchSpecial(boolean ipv6, Label special) {
        if (!ipv6) {
            code.jump32(Condition.GE, R2, IPV4_MULTICAST, special)
                    .alu32(Alu.MOV, R1, R2)
                    .alu32(Alu.RSH, R1, Integer.SIZE - Byte.SIZE)
                    .jump(Condition.EQ, R1, 0, special)
                    .jump(Condition.EQ, R1, IPV4_LOOPBACK, special)
                    .alu32(Alu.MOV, R1, R2)
                    .alu32(Alu.RSH, R1, Short.SIZE)
                    .jump(Condition.EQ, R1, IPV4_LINK_LOCAL, special);
            return;
        }
        code.alu32(Alu.MOV, R1, R2)
                .alu32(Alu.RSH, R1, Integer.SIZE - Byte.SIZE)
                .jump(Condition.EQ, R1, IPV6_MULTICAST, special)
                // ::, ::1, and the forms that contain an IPv4 address: no address in ::/64 belongs on the wire.
                .alu32(Alu.MOV, R1, R2)
                .alu32(Alu.OR, R1, R3)
                .jump(Condition.EQ, R1, 0, special);
        matchLinkLocal(special);
    }

    /** Jumps to {@code match} if the current IPv6 address is in fe80::/10. */
    void matchLinkLocal(Label match) {
        code.alu32(Alu.MOV, R1, R2).alu32(Alu.RSH, R1, LINK_LOCAL_SHIFT).jump(Condition.EQ, R1, IPV6_LINK_LOCAL, match);
    }

    /**
     * Drops the packet if the current address is outside {@code networks}, unless the list is empty or includes all
     * addresses.
     */
    void requireReachable(boolean ipv6, List<Network> networks, DropReason otherwise) {
        boolean all = networks.stream()
                .anyMatch(network -> network.length() == 0 && network.address().isIpv6() == ipv6);
        if (!networks.isEmpty() && !all) {
            Label inside = new Label("reachable");
            matchNetworks(ipv6, networks, inside);
            code.jump(drop(otherwise)).bind(inside);
        }
    }

    /** Appends the code that drops packets and counts them in the map with index {@code counters}. */
    void finish(int counters) {
        Label count = new Label("count");
        drops.forEach((reason, label) ->
                code.bind(label).store(Size.W, R10, SCRATCH, reason.key()).jump(count));
        if (!drops.isEmpty()) {
            code.bind(count);
            count(counters);
            verdict(Uapi.TC_ACT_SHOT());
        }
    }

    private void count(int counters) {
        Label uncounted = new Label("uncounted");
        code.loadMap(R1, counters)
                .alu(Alu.MOV, R2, R10)
                .alu(Alu.ADD, R2, SCRATCH)
                .call(Uapi.BPF_FUNC_map_lookup_elem())
                .jump(Condition.EQ, R0, 0, uncounted)
                .alu(Alu.MOV, R1, 1)
                .atomicAdd(Size.DW, R0, 0, R1)
                .bind(uncounted);
    }
}
