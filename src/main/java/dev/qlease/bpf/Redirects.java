package dev.qlease.bpf;

import static dev.qlease.bpf.Register.R0;
import static dev.qlease.bpf.Register.R1;
import static dev.qlease.bpf.Register.R10;
import static dev.qlease.bpf.Register.R2;
import static dev.qlease.bpf.Register.R3;
import static dev.qlease.bpf.Register.R4;
import static dev.qlease.bpf.Register.R5;
import static dev.qlease.bpf.Register.R6;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.__sk_buff;
import dev.qlease.netlink.IpAddress;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;

/**
 * The programs that carry packets between a NIC and a netkit guest past the host's stack, with IP forwarding off as well as
 * on: IPv4 and IPv6. Of a packet they read headers only, so that they work where the payload is device memory.
 *
 * <p>Left to the stack, which may also have other programs behind these look at them: ARP, neighbour discovery (ICMPv6 types
 * 133 to 137), frames with a VLAN tag, and all that is neither IPv4 nor IPv6.
 *
 * <p>They serve netkit pairs of both modes: also in mode L3 packets have an Ethernet header, of zeros.
 */
public final class Redirects {
    private static final int ETHERNET = 14;
    private static final int IPV4_DESTINATION = 16;
    private static final int IPV6_NEXT_HEADER = 6;
    private static final int IPV6_DESTINATION = 24;
    private static final int IPV6_HEADER = 40;

    /** Router solicitation is the first of neighbour discovery's five types, redirect the last; RFC 4861. */
    private static final int FIRST_DISCOVERY = 133;

    private static final int LAST_DISCOVERY = 137;

    /** 224.0.0.0: from here on multicast, reserved and broadcast. */
    private static final int IPV4_MULTICAST = 0xe000_0000;

    /** 169.254.0.0/16. */
    private static final int IPV4_LINK_LOCAL = 0xa9fe;

    /** ff00::/8. */
    private static final int IPV6_MULTICAST = 0xff;

    /** fe80::/10. */
    private static final int IPV6_LINK_LOCAL = 0xfe80 >> 6;

    /** Where on the stack headers are read to. */
    private static final int BUFFER = -IPV6_HEADER;

    /** Where on the stack the type of an ICMPv6 message is read to. */
    private static final int TYPE = BUFFER - Long.BYTES;

    private final Assembler code = new Assembler();
    private final Label ipv4 = new Label("ipv4");
    private final Label ipv6 = new Label("ipv6");
    private final Label stack = new Label("stack");
    private final Label redirect = new Label("redirect");

    private Redirects() {}

    /**
     * The program for the ingress of the NIC: what has one of the guest's addresses for destination goes to the guest, by
     * bpf_redirect_peer().
     *
     * @param addresses the guest's, any number up to some thousand
     * @param primaryIfindex the primary end of the guest's netkit pair, in the NIC's namespace; the guest is in another
     * @throws IllegalArgumentException if there is no address
     */
    public static ProgramSpec toGuest(Collection<IpAddress> addresses, int primaryIfindex) {
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("a guest has at least one address");
        }
        Redirects program = new Redirects();
        program.prologue();
        program.code.bind(program.ipv4);
        program.readIpv4Destination();
        program.matchIpv4(addresses, program.redirect);
        program.code.jump(program.stack).bind(program.ipv6);
        program.readIpv6Destination();
        program.matchIpv6(addresses, program.redirect);
        program.code.jump(program.stack).bind(program.redirect);
        program.code
                .alu(Alu.MOV, R1, checked(primaryIfindex))
                .alu(Alu.MOV, R2, 0)
                .call(Uapi.BPF_FUNC_redirect_peer())
                .exit();
        return new ProgramSpec("qlease_to_guest", program.code.assemble());
    }

    /** As {@link #toNic(int, Collection)}, with no address of the host that the guest may reach. */
    public static ProgramSpec toNic(int nicIfindex) {
        return toNic(nicIfindex, List.of());
    }

    /**
     * The program for what the guest sends, at {@link AttachType#NETKIT_PEER} or at the ingress of the primary end: it leaves
     * by the NIC, by bpf_redirect_neigh(), which finds the next hop and its hardware address in the routes and neighbours of
     * the NIC's namespace. What goes to link-local, multicast and broadcast addresses stays with the stack.
     *
     * @param nicIfindex the NIC, in the namespace of the primary end
     * @param local addresses of the host that the guest is to reach: what goes there stays with the stack too. What goes to
     *     others of the host's addresses is lost
     */
    public static ProgramSpec toNic(int nicIfindex, Collection<IpAddress> local) {
        Redirects program = new Redirects();
        program.prologue();
        program.code.bind(program.ipv4);
        program.readIpv4Destination();
        program.code
                .jump32(Condition.GE, R2, IPV4_MULTICAST, program.stack)
                .alu(Alu.MOV, R1, R2)
                .alu(Alu.RSH, R1, Short.SIZE)
                .jump(Condition.EQ, R1, IPV4_LINK_LOCAL, program.stack);
        program.matchIpv4(local, program.stack);
        program.code.jump(program.redirect).bind(program.ipv6);
        program.readIpv6Destination();
        program.code
                .alu(Alu.MOV, R1, R2)
                .alu(Alu.RSH, R1, Integer.SIZE - Byte.SIZE)
                .jump(Condition.EQ, R1, IPV6_MULTICAST, program.stack)
                .alu(Alu.MOV, R1, R2)
                .alu(Alu.RSH, R1, Integer.SIZE - 10)
                .jump(Condition.EQ, R1, IPV6_LINK_LOCAL, program.stack);
        program.matchIpv6(local, program.stack);
        program.code.bind(program.redirect);
        program.code
                .alu(Alu.MOV, R1, checked(nicIfindex))
                .alu(Alu.MOV, R2, 0)
                .alu(Alu.MOV, R3, 0)
                .alu(Alu.MOV, R4, 0)
                .call(Uapi.BPF_FUNC_redirect_neigh())
                .exit();
        return new ProgramSpec("qlease_to_nic", program.code.assemble());
    }

    private static int checked(int ifindex) {
        if (ifindex <= 0) {
            throw new IllegalArgumentException("an ifindex is 1 or more, not " + ifindex);
        }
        return ifindex;
    }

    /** Parts IPv4, IPv6 and the rest, and keeps the packet in R6. What is left to the stack may be others' to decide on. */
    private void prologue() {
        code.alu(Alu.MOV, R6, R1)
                .load(Size.W, R2, R6, (int) __sk_buff.vlan_present$offset())
                .jump(Condition.NE, R2, 0, stack)
                .load(Size.W, R2, R6, (int) __sk_buff.protocol$offset())
                .toBigEndian(R2, Short.SIZE)
                .jump(Condition.EQ, R2, Uapi.ETH_P_IP(), ipv4)
                .jump(Condition.EQ, R2, Uapi.ETH_P_IPV6(), ipv6)
                .bind(stack)
                .alu(Alu.MOV, R0, Uapi.TC_ACT_UNSPEC())
                .exit();
    }

    /**
     * Copies bytes of the packet to the stack. By a helper, since the headers that the NIC put into a page of their own can't
     * be read directly.
     */
    private void read(int offset, int length, int buffer) {
        code.alu(Alu.MOV, R1, R6)
                .alu(Alu.MOV, R2, offset)
                .alu(Alu.MOV, R3, R10)
                .alu(Alu.ADD, R3, buffer)
                .alu(Alu.MOV, R4, length)
                .call(Uapi.BPF_FUNC_skb_load_bytes())
                .jump(Condition.NE, R0, 0, stack);
    }

    /** Loads a number of the packet, in network byte order, to be compared with ordinary numbers. */
    private void loadWord(Register register, int at) {
        code.load(Size.W, register, R10, BUFFER + at).toBigEndian(register, Integer.SIZE);
    }

    /** Leaves the destination in R2. */
    private void readIpv4Destination() {
        read(ETHERNET + IPV4_DESTINATION, Integer.BYTES, BUFFER);
        loadWord(R2, 0);
    }

    /** Leaves neighbour discovery to the stack, of all else the destination in R2 to R5. */
    private void readIpv6Destination() {
        Label destination = new Label("destination");
        read(ETHERNET, IPV6_HEADER, BUFFER);
        code.load(Size.B, R1, R10, BUFFER + IPV6_NEXT_HEADER)
                .jump(Condition.NE, R1, Libc.IPPROTO_ICMPV6(), destination);
        read(ETHERNET + IPV6_HEADER, 1, TYPE);
        code.load(Size.B, R1, R10, TYPE)
                .jump(Condition.LT, R1, FIRST_DISCOVERY, destination)
                .jump(Condition.LE, R1, LAST_DISCOVERY, stack)
                .bind(destination);
        loadWord(R2, IPV6_DESTINATION);
        loadWord(R3, IPV6_DESTINATION + Integer.BYTES);
        loadWord(R4, IPV6_DESTINATION + 2 * Integer.BYTES);
        loadWord(R5, IPV6_DESTINATION + 3 * Integer.BYTES);
    }

    private void matchIpv4(Collection<IpAddress> addresses, Label match) {
        addresses.stream()
                .filter(address -> !address.isIpv6())
                .forEach(address -> code.jump32(
                        Condition.EQ, R2, ByteBuffer.wrap(address.bytes()).getInt(), match));
    }

    private void matchIpv6(Collection<IpAddress> addresses, Label match) {
        addresses.stream().filter(IpAddress::isIpv6).forEach(address -> {
            ByteBuffer bytes = ByteBuffer.wrap(address.bytes());
            Label next = new Label("after " + address);
            code.jump32(Condition.NE, R2, bytes.getInt(), next)
                    .jump32(Condition.NE, R3, bytes.getInt(), next)
                    .jump32(Condition.NE, R4, bytes.getInt(), next)
                    .jump32(Condition.EQ, R5, bytes.getInt(), match)
                    .bind(next);
        });
    }
}
