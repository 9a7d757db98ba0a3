package dev.qlease.ethtool;

import dev.qlease.netlink.IpAddress;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;

/** Which packets a {@link FlowRule} steers. */
public sealed interface FlowMatch {
    /** TCP over IPv4, of whatever addresses and ports. */
    static Transport tcp4() {
        return new Transport(FlowType.TCP4);
    }

    /** UDP over IPv4, of whatever addresses and ports. */
    static Transport udp4() {
        return new Transport(FlowType.UDP4);
    }

    /** TCP over IPv6, of whatever addresses and ports. */
    static Transport tcp6() {
        return new Transport(FlowType.TCP6);
    }

    /** UDP over IPv6, of whatever addresses and ports. */
    static Transport udp6() {
        return new Transport(FlowType.UDP6);
    }

    /** The protocol. */
    FlowType type();

    /**
     * TCP or UDP packets, of those addresses and ports that are given, as the device receives them. Each method answers a
     * copy with one thing more.
     *
     * @param type one of the four of TCP and UDP
     * @param source where they come from
     * @param sourcePort the port there, 0 to 65,535
     * @param destination where they go
     * @param destinationPort the port there, 0 to 65,535
     */
    record Transport(
            FlowType type,
            Optional<IpAddress> source,
            OptionalInt sourcePort,
            Optional<IpAddress> destination,
            OptionalInt destinationPort)
            implements FlowMatch {
        /**
         * Checks the ranges.
         *
         * @throws IllegalArgumentException if an address is not of the type's protocol, or a port out of range
         */
        public Transport {
            if (!type.isTransport()) {
                throw new IllegalArgumentException("a flow with ports is tcp4, udp4, tcp6 or udp6, not " + type);
            }
            boolean ipv6 = type.isIpv6();
            source.ifPresent(address -> checkFamily(type, ipv6, address));
            destination.ifPresent(address -> checkFamily(type, ipv6, address));
            sourcePort.ifPresent(port -> Numbers.checkRange("a source port", port, 0, 0xffff));
            destinationPort.ifPresent(port -> Numbers.checkRange("a destination port", port, 0, 0xffff));
        }

        private Transport(FlowType type) {
            this(type, Optional.empty(), OptionalInt.empty(), Optional.empty(), OptionalInt.empty());
        }

        private static void checkFamily(FlowType type, boolean ipv6, IpAddress address) {
            if (address.isIpv6() != ipv6) {
                throw new IllegalArgumentException("a " + type + " flow has no address " + address);
            }
        }

        /** They come from this address. */
        public Transport source(IpAddress address) {
            return new Transport(type, Optional.of(address), sourcePort, destination, destinationPort);
        }

        /** They come from this port. */
        public Transport sourcePort(int port) {
            return new Transport(type, source, OptionalInt.of(port), destination, destinationPort);
        }

        /** They go to this address. */
        public Transport destination(IpAddress address) {
            return new Transport(type, source, sourcePort, Optional.of(address), destinationPort);
        }

        /** They go to this port. */
        public Transport destinationPort(int port) {
            return new Transport(type, source, sourcePort, destination, OptionalInt.of(port));
        }

        /** Such as {@code tcp4 src-ip 192.0.2.1 dst-port 443}, with ethtool(8)'s words. */
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder(type.toString());
            source.ifPresent(address -> text.append(" src-ip ").append(address));
            destination.ifPresent(address -> text.append(" dst-ip ").append(address));
            sourcePort.ifPresent(port -> text.append(" src-port ").append(port));
            destinationPort.ifPresent(port -> text.append(" dst-port ").append(port));
            return text.toString();
        }
    }

    /**
     * Any other match, as the kernel has it: other protocols, parts of addresses, VLANs.
     *
     * @param type the protocol
     * @param flags FLOW_EXT and FLOW_MAC_EXT, where more is looked at than the protocol's fields
     * @param value the fields, in hexadecimal digits: union ethtool_flow_union and struct ethtool_flow_ext
     * @param mask which bits of these are looked at, the same way
     */
    record Other(FlowType type, int flags, String value, String mask) implements FlowMatch {
        /**
         * Checks that the digits are as many as the structures have.
         *
         * @throws IllegalArgumentException if they are not, or no hexadecimal digits
         */
        public Other {
            checkDigits("the value", value);
            checkDigits("the mask", mask);
        }

        private static void checkDigits(String what, String digits) {
            int bytes = HexFormat.of().parseHex(digits).length;
            if (bytes != FlowSpec.MATCH_BYTES) {
                throw new IllegalArgumentException(
                        what + " of a flow has " + FlowSpec.MATCH_BYTES + " bytes, not " + bytes);
            }
        }

        @Override
        public String toString() {
            String more = flags == 0 ? "" : " flags 0x" + Integer.toHexString(flags);
            return type + more + " value " + value + " mask " + mask;
        }
    }
}
