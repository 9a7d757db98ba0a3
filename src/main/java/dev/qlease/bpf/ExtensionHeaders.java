package dev.qlease.bpf;

import static dev.qlease.bpf.PacketCode.BODY;
import static dev.qlease.bpf.PacketCode.ETHERNET;
import static dev.qlease.bpf.PacketCode.IPV6_HEADER;
import static dev.qlease.bpf.asm.Register.R1;
import static dev.qlease.bpf.asm.Register.R2;
import static dev.qlease.bpf.asm.Register.R7;
import static dev.qlease.bpf.asm.Register.R8;
import static dev.qlease.bpf.asm.Register.R9;

import dev.qlease.bpf.asm.Alu;
import dev.qlease.bpf.asm.Assembler;
import dev.qlease.bpf.asm.Condition;
import dev.qlease.bpf.asm.Label;
import dev.qlease.ffi.libc.Libc;

/**
 * Assembles the walk over the extension headers of IPv6 packets that the guest sends to the host's stack, so that no
 * neighbour discovery message hides behind them: the stack accepts such messages too, unless they are fragmented (RFC
 * 6980); RFC 8200.
 *
 * <p>R7 holds the protocol of the current header, R9 its offset in the packet.
 */
final class ExtensionHeaders {
    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int AUTHENTICATION = 51;
    private static final int DESTINATION = 60;
    private static final int FRAGMENT_OFFSET_MASK = 0xfff8;

    /** More than any sender needs. */
    private static final int MOST = 6;

    private static final int UNIT = 8;

    final Label begin = new Label("extension headers");

    private final Label done = new Label("upper layer");
    private final PacketCode packet;
    private final Assembler code;
    private final Label pass;

    ExtensionHeaders(PacketCode packet, Label pass) {
        this.packet = packet;
        this.code = packet.code;
        this.pass = pass;
    }

    void append() {
        Label refused = packet.drop(DropReason.EXTENSION);
        code.bind(begin).alu(Alu.MOV, R9, ETHERNET + IPV6_HEADER);
        for (int i = 0; i < MOST; i++) {
            header();
        }
        for (int protocol : new int[] {HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION}) {
            code.jump(Condition.EQ, R7, protocol, refused);
        }
        code.bind(done)
                .jump(Condition.NE, R7, Libc.IPPROTO_ICMPV6(), pass)
                .jump(Condition.EQ, R9, ETHERNET + IPV6_HEADER, pass)
                .alu(Alu.MOV, R2, R9);
        packet.readAtR2(1, BODY, packet.drop(DropReason.MALFORMED));
        packet.loadByte(R1, BODY);
        code.jump(Condition.LT, R1, FromGuest.ICMPV6_OF_LINK, pass).jump(refused);
    }

    /** Skips one extension header, or jumps to the end if there is none. */
    private void header() {
        Label any = new Label("any");
        Label fragment = new Label("fragment");
        Label authentication = new Label("authentication");
        Label next = new Label("next");
        code.jump(Condition.EQ, R7, HOP_BY_HOP, any)
                .jump(Condition.EQ, R7, ROUTING, any)
                .jump(Condition.EQ, R7, DESTINATION, any)
                .jump(Condition.EQ, R7, FRAGMENT, any)
                .jump(Condition.EQ, R7, AUTHENTICATION, any)
                .jump(done)
                .bind(any)
                .alu(Alu.MOV, R8, R7)
                .alu(Alu.MOV, R2, R9);
        packet.readAtR2(UNIT, BODY, packet.drop(DropReason.MALFORMED));
        packet.loadByte(R7, BODY);
        packet.loadByte(R1, BODY + 1);
        code.jump(Condition.EQ, R8, FRAGMENT, fragment)
                .jump(Condition.EQ, R8, AUTHENTICATION, authentication)
                .alu(Alu.ADD, R1, 1)
                .alu(Alu.LSH, R1, 3)
                .alu(Alu.ADD, R9, R1)
                .jump(next)
                .bind(authentication)
                .alu(Alu.ADD, R1, 2)
                .alu(Alu.LSH, R1, 2)
                .alu(Alu.ADD, R9, R1)
                .jump(next)
                .bind(fragment)
                .alu(Alu.ADD, R9, UNIT);
        packet.loadShort(R1, BODY + 2);
        // Only the first fragment contains the next header.
        code.alu(Alu.AND, R1, FRAGMENT_OFFSET_MASK)
                .jump(Condition.NE, R1, 0, pass)
                .bind(next);
    }
}
