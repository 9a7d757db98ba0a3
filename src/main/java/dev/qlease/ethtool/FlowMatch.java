package dev.qlease.ethtool;

import dev.qlease.netlink.IpAddress;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;

/** The packets to which a {@link FlowRule} applies. */
public sealed interface FlowMatch {
    /** Returns a match for TCP over IPv4, with any addresses and ports. */
    static Transport tcp4() {
        return new Transport(FlowType.TCP4);
    }

    /** Returns a match for UDP over IPv4, with any addresses and ports. */
    static Transport udp4() {
        return new Transport(FlowType.UDP4);
    }

    /** Returns a match for TCP over IPv6, with any addresses and ports. */
    static Transport tcp6() {
        return new Transport(FlowType.TCP6);
    }

    /** Returns a match for UDP over IPv6, with any addresses and ports. */
    static Transport udp6() {
        return new Transport(FlowType.UDP6);
    }

    /** Returns the protocol. */
    FlowType type();

    /**
     * TCP or UDP packets as the device receives them, limited to those addresses and ports that are given. Each method
     * returns a copy with one more condition.
     *
     * @param type one of the four types of TCP and UDP
     * @param source source address
     * @param sourcePort source port, 0 to 65,535
     * @param destination destination address
     * @param destinationPort destination port, 0 to 65,535
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

        /** Limits the match to this source address. */
        public Transport source(IpAddress address) {
            return new Transport(type, Optional.of(address), sourcePort, destination, destinationPort);
        }

        /** Limits the match to this source port. */
        public Transport sourcePort(int port) {
            return new Transport(type, source, OptionalInt.of(port), destination, destinationPort);
        }

        /** Limits the match to this destination address. */
        public Transport destination(IpAddress address) {
            return new Transport(type, source, sourcePort, Optional.of(address), destinationPort);
        }

        /** Limits the match to this destination port. */
        public Transport destinationPort(int port) {
            return new Transport(type, source, sourcePort, destination, OptionalInt.of(port));
        }

        /** Returns the match in ethtool(8)'s syntax, such as {@code tcp4 src-ip 192.0.2.1 dst-port 443}. */
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
     * Any other match, in the kernel's form: other protocols, parts of addresses, VLANs.
     *
     * @param type the protocol
     * @param flags FLOW_EXT and FLOW_MAC_EXT, if fields beyond the protocol's are compared
     * @param value the fields, in hexadecimal digits: union ethtool_flow_union and struct ethtool_flow_ext
     * @param mask the bits of these that are compared, in the same form
     */
    record Other(FlowType type, int flags, String value, String mask) implements FlowMatch {
        /**
         * Checks that the number of digits is that of the structures.
         *
         * @throws IllegalArgumentException if it is not, or if they are not hexadecimal digits
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
