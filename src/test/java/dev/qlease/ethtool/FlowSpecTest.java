package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ethtool_rx_flow_spec;
import dev.qlease.ffi.uapi.ethtool_rxnfc;
import dev.qlease.netlink.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.OptionalInt;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Flow rules and the structure that the kernel has for them: linux/ethtool.h, as x86_64 and aarch64 lay it out. */
class FlowSpecTest {
    private static <T> T inMemory(Function<MemorySegment, T> test) {
        try (Arena arena = Arena.ofConfined()) {
            return test.apply(arena.allocate(ethtool_rxnfc.sizeof(), 8));
        }
    }

    private static String bytes(FlowRule rule, long offset, long length) {
        return inMemory(rxnfc -> {
            FlowSpec.write(rule, rxnfc);
            return HexFormat.of().formatHex(rxnfc.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
        });
    }

    private static FlowRule roundTrip(FlowRule rule) {
        return inMemory(rxnfc -> {
            FlowSpec.write(rule, rxnfc);
            rule.location().ifPresent(place -> ethtool_rx_flow_spec.location(ethtool_rxnfc.fs(rxnfc), place));
            return FlowSpec.read(rxnfc);
        });
    }

    @Test
    void theStructureIsLaidOutAsTheKernels() {
        assertThat(ethtool_rxnfc.sizeof()).isEqualTo(192);
        assertThat(ethtool_rxnfc.fs$offset()).isEqualTo(16);
        assertThat(ethtool_rxnfc.rss_context$offset()).isEqualTo(184);
        assertThat(ethtool_rxnfc.rule_locs$offset()).isEqualTo(188);
        assertThat(ethtool_rx_flow_spec.sizeof()).isEqualTo(168);
        assertThat(ethtool_rx_flow_spec.h_u$offset()).isEqualTo(4);
        assertThat(ethtool_rx_flow_spec.h_ext$offset()).isEqualTo(56);
        assertThat(ethtool_rx_flow_spec.m_u$offset()).isEqualTo(76);
        assertThat(ethtool_rx_flow_spec.m_ext$offset()).isEqualTo(128);
        assertThat(ethtool_rx_flow_spec.ring_cookie$offset()).isEqualTo(152);
        assertThat(ethtool_rx_flow_spec.location$offset()).isEqualTo(160);
        assertThat(FlowSpec.MATCH_BYTES).isEqualTo(72);
    }

    @Test
    void addressesAndPortsAreInNetworkOrderWithMasksOfOnes() {
        FlowRule rule = FlowRule.of(
                FlowMatch.tcp4()
                        .source(IpAddress.parse("192.0.2.1"))
                        .destination(IpAddress.parse("198.51.100.2"))
                        .sourcePort(1)
                        .destinationPort(5201),
                FlowAction.queue(3));
        assertThat(bytes(rule, 16, 4)).isEqualTo("01000000");
        assertThat(bytes(rule, 20, 16)).isEqualTo("c0000201" + "c6336402" + "0001" + "1451" + "00000000");
        assertThat(bytes(rule, 92, 16)).isEqualTo("ffffffff" + "ffffffff" + "ffff" + "ffff" + "00000000");
        assertThat(bytes(rule, 168, 8)).isEqualTo("0300000000000000");
    }

    @Test
    void ofIpv6WhatIsNotGivenIsNotLookedAt() {
        FlowRule rule = FlowRule.of(
                FlowMatch.udp6().destination(IpAddress.parse("2001:db8::1")).sourcePort(53), FlowAction.drop());
        assertThat(bytes(rule, 16, 4)).isEqualTo("06000000");
        assertThat(bytes(rule, 20, 40))
                .isEqualTo("00".repeat(16) + "20010db8000000000000000000000001" + "0035" + "0000" + "00000000");
        assertThat(bytes(rule, 92, 40)).isEqualTo("00".repeat(16) + "ff".repeat(16) + "ffff" + "0000" + "00000000");
        assertThat(bytes(rule, 168, 8)).isEqualTo("ff".repeat(8));
    }

    @Test
    void aContextIsAFlagInTheTypeAndANumberBehindTheRule() {
        FlowRule rule = FlowRule.of(FlowMatch.tcp6(), FlowAction.rssContext(9));
        assertThat(bytes(rule, 16, 4)).isEqualTo("05000020");
        assertThat(bytes(rule, 168, 8)).isEqualTo("00".repeat(8));
        assertThat(bytes(rule, 184, 4)).isEqualTo("09000000");
    }

    @Provide
    Arbitrary<FlowMatch.Transport> transports() {
        Arbitrary<FlowType> types = Arbitraries.of(FlowType.TCP4, FlowType.UDP4, FlowType.TCP6, FlowType.UDP6);
        Arbitrary<Integer> ports = Arbitraries.integers().between(0, 0xffff);
        return types.flatMap(type -> {
            Arbitrary<IpAddress> addresses = Arbitraries.bytes()
                    .array(byte[].class)
                    .ofSize(type.isIpv6() ? 16 : 4)
                    .map(IpAddress::of);
            return Combinators.combine(addresses.optional(), ports.optional(), addresses.optional(), ports.optional())
                    .as((source, sourcePort, destination, destinationPort) -> new FlowMatch.Transport(
                            type,
                            source,
                            sourcePort.map(OptionalInt::of).orElse(OptionalInt.empty()),
                            destination,
                            destinationPort.map(OptionalInt::of).orElse(OptionalInt.empty())));
        });
    }

    @Provide
    Arbitrary<FlowAction> actions() {
        Arbitrary<Integer> numbers = Arbitraries.integers().between(0, Integer.MAX_VALUE);
        return Arbitraries.oneOf(
                numbers.map(FlowAction::queue),
                numbers.map(FlowAction::rssContext),
                Arbitraries.just(FlowAction.drop()));
    }

    @Property
    void whatIsWrittenIsWhatIsRead(
            @ForAll("transports") FlowMatch.Transport match,
            @ForAll("actions") FlowAction action,
            @ForAll("locations") int location) {
        FlowRule rule = FlowRule.of(match, action).at(location);
        assertThat(roundTrip(rule)).isEqualTo(rule);
    }

    @Provide
    Arbitrary<Integer> locations() {
        return Arbitraries.integers().between(0, Integer.MAX_VALUE);
    }

    /** All that a driver can answer: read, printed, and written again it is the same. */
    @Property
    void anyRuleOfTheKernelsIsReadAndCanBeAddedAgain(
            @ForAll("structures") byte[] structure, @ForAll("types") int type, @ForAll("cookies") long cookie) {
        inMemory(rxnfc -> {
            rxnfc.copyFrom(MemorySegment.ofArray(structure));
            MemorySegment spec = ethtool_rxnfc.fs(rxnfc);
            ethtool_rx_flow_spec.flow_type(spec, type);
            ethtool_rx_flow_spec.ring_cookie(spec, cookie);
            ethtool_rx_flow_spec.location(spec, 5);
            FlowRule read = FlowSpec.read(rxnfc);
            assertThat(read.toString()).endsWith(" at 5");
            assertThat(roundTrip(read)).isEqualTo(read);
            if (read.match() instanceof FlowMatch.Other) {
                assertThat(bytes(read, 16, 4 + 2 * FlowSpec.MATCH_BYTES))
                        .isEqualTo(HexFormat.of()
                                .formatHex(rxnfc.asSlice(16, 4 + 2 * FlowSpec.MATCH_BYTES)
                                        .toArray(ValueLayout.JAVA_BYTE)));
            }
            return read;
        });
    }

    @Provide
    Arbitrary<byte[]> structures() {
        Arbitrary<Byte> bytes =
                Arbitraries.oneOf(Arbitraries.just((byte) 0), Arbitraries.just((byte) -1), Arbitraries.bytes());
        return bytes.array(byte[].class).ofSize((int) ethtool_rxnfc.sizeof());
    }

    @Provide
    Arbitrary<Integer> types() {
        Arbitrary<Integer> flags = Arbitraries.of(
                0, 0, Uapi.FLOW_EXT(), Uapi.FLOW_MAC_EXT(), Uapi.FLOW_RSS(), Uapi.FLOW_RSS() | Uapi.FLOW_EXT());
        return Combinators.combine(Arbitraries.integers().between(1, 40), flags).as((type, flag) -> type | flag);
    }

    @Provide
    Arbitrary<Long> cookies() {
        return Arbitraries.oneOf(
                Arbitraries.longs(),
                Arbitraries.of(0L, 3L, Uapi.RX_CLS_FLOW_DISC(), Uapi.RX_CLS_FLOW_WAKE(), 1L << 32 | 2));
    }

    @Test
    void partsOfAddressesOtherProtocolsAndVlansAreKeptAsTheyAre() {
        FlowRule wide = inMemory(rxnfc -> {
            FlowSpec.write(
                    FlowRule.of(FlowMatch.tcp4().source(IpAddress.parse("192.0.2.0")), FlowAction.queue(1)), rxnfc);
            rxnfc.set(ValueLayout.JAVA_BYTE, 95, (byte) 0);
            return FlowSpec.read(rxnfc);
        });
        assertThat(wide.match())
                .isEqualTo(new FlowMatch.Other(
                        FlowType.TCP4, 0, "c0000200" + "00".repeat(68), "ffffff00" + "00".repeat(68)));
        FlowMatch.Other vlan =
                new FlowMatch.Other(new FlowType(Uapi.ETHER_FLOW()), Uapi.FLOW_EXT(), "00".repeat(72), "ff".repeat(72));
        assertThat(roundTrip(FlowRule.of(vlan, FlowAction.drop()).at(0)))
                .isEqualTo(FlowRule.of(vlan, FlowAction.drop()).at(0));
        assertThat(vlan).asString().startsWith("ether flags 0x80000000 value 0000");
    }

    @Test
    void rulesReadAsEthtoolHasThem() {
        assertThat(FlowRule.of(
                                FlowMatch.tcp4()
                                        .source(IpAddress.parse("192.0.2.1"))
                                        .destinationPort(443),
                                FlowAction.queue(3))
                        .at(63))
                .hasToString("tcp4 src-ip 192.0.2.1 dst-port 443 -> queue 3 at 63");
        assertThat(FlowRule.of(FlowMatch.udp6().sourcePort(53), FlowAction.drop()))
                .hasToString("udp6 src-port 53 -> drop");
        assertThat(FlowRule.of(FlowMatch.tcp6().destination(IpAddress.parse("2001:db8::1")), FlowAction.rssContext(2)))
                .hasToString("tcp6 dst-ip 2001:db8::1 -> context 2");
        assertThat(new FlowAction.Other(Uapi.RX_CLS_FLOW_WAKE(), OptionalInt.empty()))
                .hasToString("ring-cookie 0xfffffffffffffffe");
    }

    @Test
    void whatCannotBeMatchedIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FlowMatch.tcp4().source(IpAddress.parse("2001:db8::1")))
                .withMessage("a tcp4 flow has no address 2001:db8::1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FlowMatch.udp6().destination(IpAddress.parse("192.0.2.1")))
                .withMessage("a udp6 flow has no address 192.0.2.1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FlowMatch.tcp4().sourcePort(65536))
                .withMessage("a source port is 0 to 65535, not 65536");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FlowAction.queue(-1))
                .withMessage("a queue is 0 to 2147483647, not -1");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> FlowRule.of(FlowMatch.tcp4(), FlowAction.drop()).at(-1))
                .withMessage("a location is 0 to 2147483647, not -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FlowMatch.Other(FlowType.TCP4, 0, "00", "00".repeat(72)))
                .withMessage("the value of a flow has 72 bytes, not 1");
    }
}
