package dev.qlease.ethtool;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ethtool_flow_ext;
import dev.qlease.ffi.uapi.ethtool_flow_union;
import dev.qlease.ffi.uapi.ethtool_rx_flow_spec;
import dev.qlease.ffi.uapi.ethtool_rxnfc;
import dev.qlease.ffi.uapi.ethtool_tcpip4_spec;
import dev.qlease.ffi.uapi.ethtool_tcpip6_spec;
import dev.qlease.netlink.IpAddress;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads and writes the rule in a struct ethtool_rxnfc, whose flow union has the same layout for TCP and UDP. */
final class FlowSpec {
    /** The size of a match's value, and of its mask: the union and the extension that follows it. */
    static final int MATCH_BYTES = (int) (ethtool_flow_union.sizeof() + ethtool_flow_ext.sizeof());

    private static final ValueLayout.OfShort PORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** The flags in a rule's type for its extensions. */
    private static final int EXTENSIONS = Uapi.FLOW_EXT() | Uapi.FLOW_MAC_EXT();

    /** The offsets of the fields of a flow with ports, in ethtool_flow_union. */
    private enum Fields {
        IPV4(
                4,
                ethtool_tcpip4_spec.ip4src$offset(),
                ethtool_tcpip4_spec.ip4dst$offset(),
                ethtool_tcpip4_spec.psrc$offset(),
                ethtool_tcpip4_spec.pdst$offset()),
        IPV6(
                16,
                ethtool_tcpip6_spec.ip6src$offset(),
                ethtool_tcpip6_spec.ip6dst$offset(),
                ethtool_tcpip6_spec.psrc$offset(),
                ethtool_tcpip6_spec.pdst$offset());

        private final int addressBytes;
        private final long source;
        private final long destination;
        private final long sourcePort;
        private final long destinationPort;

        Fields(int addressBytes, long source, long destination, long sourcePort, long destinationPort) {
            this.addressBytes = addressBytes;
            this.source = source;
            this.destination = destination;
            this.sourcePort = sourcePort;
            this.destinationPort = destinationPort;
        }

        static Fields of(FlowType type) {
            return type.isIpv6() ? IPV6 : IPV4;
        }
    }

    private FlowSpec() {}

    private static MemorySegment value(MemorySegment spec) {
        return spec.asSlice(ethtool_rx_flow_spec.h_u$offset(), MATCH_BYTES);
    }

    private static MemorySegment mask(MemorySegment spec) {
        return spec.asSlice(ethtool_rx_flow_spec.m_u$offset(), MATCH_BYTES);
    }

    /**
     * Writes {@code rule} without its location. No pattern switch here and below, because its setup slows down a
     * starting process.
     */
    static void write(FlowRule rule, MemorySegment rxnfc) {
        MemorySegment spec = ethtool_rxnfc.fs(rxnfc);
        int flags = 0;
        if (rule.match() instanceof FlowMatch.Other other) {
            value(spec).copyFrom(hex(other.value()));
            mask(spec).copyFrom(hex(other.mask()));
            flags = other.flags();
        } else {
            write((FlowMatch.Transport) rule.match(), spec);
        }
        OptionalInt context = context(rule.action());
        context.ifPresent(number -> ethtool_rxnfc.rss_context(rxnfc, number));
        ethtool_rx_flow_spec.flow_type(
                spec, rule.match().type().value() | flags | (context.isPresent() ? Uapi.FLOW_RSS() : 0));
        ethtool_rx_flow_spec.ring_cookie(spec, ringCookie(rule.action()));
    }

    private static MemorySegment hex(String digits) {
        return MemorySegment.ofArray(HexFormat.of().parseHex(digits));
    }

    private static void write(FlowMatch.Transport match, MemorySegment spec) {
        Fields fields = Fields.of(match.type());
        match.source().ifPresent(address -> writeAddress(spec, fields.source, address));
        match.destination().ifPresent(address -> writeAddress(spec, fields.destination, address));
        match.sourcePort().ifPresent(port -> writePort(spec, fields.sourcePort, port));
        match.destinationPort().ifPresent(port -> writePort(spec, fields.destinationPort, port));
    }

    private static void writeAddress(MemorySegment spec, long offset, IpAddress address) {
        byte[] bytes = address.bytes();
        MemorySegment.copy(bytes, 0, value(spec), ValueLayout.JAVA_BYTE, offset, bytes.length);
        mask(spec).asSlice(offset, bytes.length).fill((byte) 0xff);
    }

    private static void writePort(MemorySegment spec, long offset, int port) {
        value(spec).set(PORT, offset, (short) port);
        mask(spec).set(PORT, offset, (short) 0xffff);
    }

    private static OptionalInt context(FlowAction action) {
        if (action instanceof FlowAction.RssContext(int context)) {
            return OptionalInt.of(context);
        }
        return action instanceof FlowAction.Other(long _, OptionalInt context) ? context : OptionalInt.empty();
    }

    private static long ringCookie(FlowAction action) {
        if (action instanceof FlowAction.Queue(int queue)) {
            return queue;
        } else if (action instanceof FlowAction.Other(long ringCookie, OptionalInt _)) {
            return ringCookie;
        }
        return action instanceof FlowAction.Drop ? Uapi.RX_CLS_FLOW_DISC() : 0;
    }

    /** Returns the rule that the kernel filled in. */
    static FlowRule read(MemorySegment rxnfc) {
        MemorySegment spec = ethtool_rxnfc.fs(rxnfc);
        int typeAndFlags = ethtool_rx_flow_spec.flow_type(spec);
        boolean spread = (typeAndFlags & Uapi.FLOW_RSS()) != 0;
        int flags = typeAndFlags & EXTENSIONS;
        FlowType type = new FlowType(typeAndFlags & ~Uapi.FLOW_RSS() & ~EXTENSIONS);
        FlowAction action = action(
                ethtool_rx_flow_spec.ring_cookie(spec),
                spread ? OptionalInt.of(ethtool_rxnfc.rss_context(rxnfc)) : OptionalInt.empty());
        FlowMatch match = flags == 0 && type.isTransport() && looksAtWholeFields(type, mask(spec))
                ? readTransport(type, spec)
                : new FlowMatch.Other(type, flags, hex(value(spec)), hex(mask(spec)));
        return new FlowRule(OptionalInt.of(ethtool_rx_flow_spec.location(spec)), match, action);
    }

    private static String hex(MemorySegment bytes) {
        return HexFormat.of().formatHex(bytes.toArray(ValueLayout.JAVA_BYTE));
    }

    private static FlowAction action(long ringCookie, OptionalInt context) {
        if (context.isEmpty() && ringCookie == Uapi.RX_CLS_FLOW_DISC()) {
            return FlowAction.drop();
        }
        if (context.isPresent() && ringCookie == 0 && context.getAsInt() >= 0) {
            return FlowAction.rssContext(context.getAsInt());
        }
        return context.isEmpty() && ringCookie >= 0 && ringCookie <= Integer.MAX_VALUE
                ? FlowAction.queue((int) ringCookie)
                : new FlowAction.Other(ringCookie, context);
    }

    /** Returns whether addresses and ports are compared in full or not at all, and nothing else is compared. */
    private static boolean looksAtWholeFields(FlowType type, MemorySegment mask) {
        Fields fields = Fields.of(type);
        MemorySegment rest = MemorySegment.ofArray(mask.toArray(ValueLayout.JAVA_BYTE));
        return cleared(rest, fields.source, fields.addressBytes)
                && cleared(rest, fields.destination, fields.addressBytes)
                && cleared(rest, fields.sourcePort, Short.BYTES)
                && cleared(rest, fields.destinationPort, Short.BYTES)
                && isAll(rest, 0, MATCH_BYTES, 0);
    }

    /** Clears a field of a mask; returns false if it is neither all ones nor all zeros. */
    private static boolean cleared(MemorySegment mask, long offset, int bytes) {
        boolean whole = isAll(mask, offset, bytes, 0) || isAll(mask, offset, bytes, -1);
        mask.asSlice(offset, bytes).fill((byte) 0);
        return whole;
    }

    private static boolean isAll(MemorySegment bytes, long offset, int length, int value) {
        for (int i = 0; i < length; i++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, offset + i) != value) {
                return false;
            }
        }
        return true;
    }

    private static FlowMatch readTransport(FlowType type, MemorySegment spec) {
        Fields fields = Fields.of(type);
        return new FlowMatch.Transport(
                type,
                address(spec, fields.source, fields.addressBytes),
                port(spec, fields.sourcePort),
                address(spec, fields.destination, fields.addressBytes),
                port(spec, fields.destinationPort));
    }

    private static Optional<IpAddress> address(MemorySegment spec, long offset, int bytes) {
        return isAll(mask(spec), offset, bytes, 0)
                ? Optional.empty()
                : Optional.of(IpAddress.of(value(spec).asSlice(offset, bytes)));
    }

    private static OptionalInt port(MemorySegment spec, long offset) {
        return isAll(mask(spec), offset, Short.BYTES, 0)
                ? OptionalInt.empty()
                : OptionalInt.of(Short.toUnsignedInt(value(spec).get(PORT, offset)));
    }
}
