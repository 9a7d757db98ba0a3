package dev.qlease.bpf;

import static dev.qlease.bpf.DropReason.ARP;
import static dev.qlease.bpf.DropReason.DISCOVERY;
import static dev.qlease.bpf.DropReason.ETHERTYPE;
import static dev.qlease.bpf.DropReason.EXTENSION;
import static dev.qlease.bpf.DropReason.HOST_PROTOCOL;
import static dev.qlease.bpf.DropReason.MALFORMED;
import static dev.qlease.bpf.DropReason.SOURCE;
import static dev.qlease.bpf.DropReason.SPECIAL_DESTINATION;
import static dev.qlease.bpf.DropReason.TOO_LONG;
import static dev.qlease.bpf.DropReason.UNREACHABLE;
import static dev.qlease.bpf.DropReason.VLAN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.bpf.GuestPolicy.Network;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.IpAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the programs for a guest's packets decide, as this machine's kernel runs them on single frames. */
@Tag("host")
class FromGuestHostTest {
    private static final String OWN4 = "192.0.2.10";
    private static final String OWN6 = "2001:db8:1::10";
    private static final String FAR4 = "198.51.100.7";
    private static final String FAR6 = "2001:db8:7::7";
    private static final String HOST4 = "192.0.2.1";
    private static final String HOST6 = "2001:db8:1::1";
    private static final byte[] UDP = Frame.udp((byte) 1, (byte) 2, (byte) 3);
    private static final int PASS = Uapi.TC_ACT_OK();
    private static final int DROP = Uapi.TC_ACT_SHOT();

    /** The loopback device, whose MTU is 65536. */
    private static final int NIC = 1;

    private static final GuestPolicy POLICY = new GuestPolicy(
            addresses(OWN4, OWN6, "203.0.113.200", "2001:db8:1::ffff:fff0"), List.of(), addresses(HOST4, HOST6));

    private BpfMap counters;

    private static List<IpAddress> addresses(String... texts) {
        return Stream.of(texts).map(IpAddress::parse).toList();
    }

    private static Network network(String address, int length) {
        return new Network(IpAddress.parse(address), length);
    }

    @AfterEach
    void close() {
        if (counters != null) {
            counters.close();
        }
    }

    private BpfMap counters() {
        if (counters == null) {
            counters = TestRun.counters();
        }
        return counters;
    }

    private int verdict(ProgramSpec spec, byte[] frame) {
        try (Program program = TestRun.load(spec)) {
            return TestRun.verdict(program, frame);
        }
    }

    private int toNic(GuestPolicy policy, byte[] frame) {
        return verdict(GuestPrograms.fromGuestToNic(policy, NIC, counters()), frame);
    }

    private int toStack(GuestPolicy policy, byte[] frame) {
        return verdict(GuestPrograms.fromGuestToStack(policy, counters()), frame);
    }

    /** Both programs drop {@code frame}, and count it once each. */
    private void assertDropped(GuestPolicy policy, byte[] frame, DropReason reason) {
        Map<DropReason, Long> before = DropReason.read(counters());
        assertThat(toNic(policy, frame)).as("to the NIC").isEqualTo(DROP);
        assertThat(toStack(policy, frame)).as("to the stack").isEqualTo(DROP);
        Map<DropReason, Long> after = new EnumMap<>(DropReason.read(counters()));
        before.forEach((key, count) -> after.merge(key, -count, Long::sum));
        after.values().removeIf(count -> count == 0);
        assertThat(after).isEqualTo(Map.of(reason, 2L));
    }

    static Stream<Arguments> good() {
        return Stream.of(
                Arguments.of("IPv4", Frame.ipv4(OWN4, FAR4, Frame.UDP, UDP)),
                Arguments.of("IPv4 of the second address", Frame.ipv4("203.0.113.200", FAR4, Frame.TCP, new byte[20])),
                Arguments.of("IPv4 echo", Frame.ipv4(OWN4, FAR4, Frame.ICMP, new byte[] {8, 0, 0, 0})),
                Arguments.of(
                        "IPv4 options", Frame.ipv4(OWN4, FAR4, Frame.UDP, 0, new byte[] {7, 7, 4, 0, 0, 0, 0, 0}, UDP)),
                Arguments.of("IPv4 first fragment", Frame.ipv4(OWN4, FAR4, Frame.UDP, 0x2000, new byte[0], UDP)),
                Arguments.of("IPv4 later fragment", Frame.ipv4(OWN4, FAR4, Frame.UDP, 0x2003, new byte[0], UDP)),
                Arguments.of(
                        "IPv4 later fragment of ICMP",
                        Frame.ipv4(OWN4, FAR4, Frame.ICMP, 3, new byte[0], new byte[] {5, 1})),
                Arguments.of("IPv4 of another protocol", Frame.ipv4(OWN4, FAR4, 132, UDP)),
                Arguments.of("the last unicast address", Frame.ipv4(OWN4, "223.255.255.255", Frame.UDP, UDP)),
                Arguments.of("beside the link-local addresses", Frame.ipv4(OWN4, "169.255.0.1", Frame.UDP, UDP)),
                Arguments.of("IPv6", Frame.ipv6(OWN6, FAR6, Frame.UDP, UDP)),
                Arguments.of("IPv6 of the second address", Frame.ipv6("2001:db8:1::ffff:fff0", FAR6, Frame.UDP, UDP)),
                Arguments.of("IPv6 unique local", Frame.ipv6(OWN6, "fd00::1", Frame.UDP, UDP)),
                Arguments.of("beside fe80::/10", Frame.ipv6(OWN6, "fec0::1", Frame.UDP, UDP)),
                Arguments.of("IPv6 echo", Frame.ipv6(OWN6, FAR6, Frame.ICMPV6, new byte[] {(byte) 128, 0, 0, 0})),
                Arguments.of("IPv6 error", Frame.ipv6(OWN6, FAR6, Frame.ICMPV6, new byte[] {2, 0, 0, 0})),
                Arguments.of(
                        "IPv6 first fragment",
                        Frame.ipv6(OWN6, FAR6, Frame.FRAGMENT, Frame.fragment(0, true, Frame.UDP, UDP))),
                Arguments.of(
                        "IPv6 later fragment",
                        Frame.ipv6(OWN6, FAR6, Frame.FRAGMENT, Frame.fragment(64, false, Frame.UDP, UDP))),
                Arguments.of(
                        "IPv6 all extension headers",
                        Frame.ipv6(OWN6, FAR6, Frame.HOP_BY_HOP, extended(Frame.UDP, UDP))),
                Arguments.of(
                        "IPv6 echo behind an extension header",
                        Frame.ipv6(
                                OWN6,
                                FAR6,
                                Frame.DESTINATION,
                                Frame.extension(Frame.DESTINATION, Frame.ICMPV6, (byte) 128, (byte) 0))));
    }

    /** Five extension headers of all kinds before {@code behind}; the first is hop-by-hop. */
    private static byte[] extended(int next, byte... behind) {
        byte[] packet = Frame.extension(Frame.DESTINATION, next, behind);
        packet = Frame.extension(Frame.AUTHENTICATION, Frame.DESTINATION, packet);
        packet = Frame.extension(Frame.FRAGMENT, Frame.AUTHENTICATION, packet);
        packet = Frame.extension(Frame.ROUTING, Frame.FRAGMENT, packet);
        return Frame.extension(Frame.HOP_BY_HOP, Frame.ROUTING, packet);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("good")
    void whatTheGuestMaySendLeaves(String name, byte[] frame) {
        assertThat(toNic(POLICY, frame)).as(name).isEqualTo(Uapi.TC_ACT_REDIRECT());
        assertThat(toStack(POLICY, frame)).as(name).isEqualTo(PASS);
        assertThat(DropReason.read(counters()).values()).containsOnly(0L);
    }

    static Stream<Arguments> bad() {
        byte[] good4 = Frame.ipv4(OWN4, FAR4, Frame.UDP, UDP);
        byte[] good6 = Frame.ipv6(OWN6, FAR6, Frame.UDP, UDP);
        return Stream.of(
                        Stream.of(
                                Arguments.of(VLAN, Frame.tagged(0x8100, 5, good4)),
                                Arguments.of(VLAN, Frame.tagged(0x8100, 0, good6)),
                                Arguments.of(VLAN, Frame.tagged(0x88a8, 5, Frame.tagged(0x8100, 6, good4))),
                                Arguments.of(ETHERTYPE, Frame.ethernet(0x88cc, UDP)),
                                Arguments.of(ETHERTYPE, Frame.ethernet(0x8847, UDP)),
                                Arguments.of(ETHERTYPE, Frame.ethernet(0x8864, UDP)),
                                Arguments.of(ETHERTYPE, Frame.tagged(0x9100, 5, good4)),
                                Arguments.of(MALFORMED, patched(good4, 14, 0x65)),
                                Arguments.of(MALFORMED, patched(good4, 14, 0x44)),
                                Arguments.of(MALFORMED, patched(good6, 14, 0x45)),
                                Arguments.of(MALFORMED, Frame.ipv6(OWN6, FAR6, Frame.ICMPV6)),
                                Arguments.of(MALFORMED, Frame.ipv4(OWN4, FAR4, Frame.ICMP)),
                                Arguments.of(DISCOVERY, Frame.ipv4(OWN4, FAR4, Frame.ICMP, new byte[] {5, 1})),
                                Arguments.of(DISCOVERY, Frame.ipv4(OWN4, HOST4, Frame.ICMP, new byte[] {5, 1})),
                                Arguments.of(DISCOVERY, Frame.ipv4(OWN4, FAR4, Frame.ICMP, new byte[] {9, 0})),
                                Arguments.of(
                                        DISCOVERY,
                                        Frame.ipv4(OWN4, FAR4, Frame.ICMP, 0, new byte[] {1, 1, 1, 0}, new byte[] {5, 1
                                        }))),
                        badSources(),
                        badDestinations())
                .flatMap(stream -> stream);
    }

    private static Stream<Arguments> badSources() {
        Stream<Arguments> ipv4 = Stream.of(
                        "192.0.2.1", "192.0.2.11", "8.8.8.8", "0.0.0.0", "127.0.0.1", "255.255.255.255")
                .flatMap(from -> Stream.of(
                        Frame.ipv4(from, FAR4, Frame.UDP, UDP),
                        Frame.ipv4(from, HOST4, Frame.TCP, UDP),
                        Frame.ipv4(from, FAR4, Frame.UDP, 0x2000, new byte[0], UDP),
                        Frame.ipv4(from, FAR4, Frame.UDP, 5, new byte[0], UDP),
                        Frame.ipv4(from, FAR4, Frame.UDP, 0, new byte[] {1, 1, 1, 0}, UDP)))
                .map(frame -> Arguments.of(SOURCE, frame));
        Stream<Arguments> ipv6 = Stream.of(
                        HOST6,
                        "2001:db8:1::11",
                        "2001:db8:1:0:1::10",
                        "fe80::1",
                        "::",
                        "::1",
                        "::ffff:192.0.2.10",
                        "ff02::1")
                .flatMap(from -> Stream.of(
                        Frame.ipv6(from, FAR6, Frame.UDP, UDP),
                        Frame.ipv6(from, HOST6, Frame.TCP, UDP),
                        Frame.ipv6(from, FAR6, Frame.FRAGMENT, Frame.fragment(0, true, Frame.UDP, UDP)),
                        Frame.ipv6(from, FAR6, Frame.FRAGMENT, Frame.fragment(64, false, Frame.UDP, UDP)),
                        Frame.ipv6(from, FAR6, Frame.HOP_BY_HOP, extended(Frame.UDP, UDP))))
                .map(frame -> Arguments.of(SOURCE, frame));
        return Stream.concat(ipv4, ipv6);
    }

    private static Stream<Arguments> badDestinations() {
        return Stream.concat(
                Stream.of(
                                "224.0.0.251",
                                "239.1.1.1",
                                "255.255.255.255",
                                "240.0.0.1",
                                "0.0.0.0",
                                "127.0.0.1",
                                "169.254.169.254")
                        .map(to -> Arguments.of(SPECIAL_DESTINATION, Frame.ipv4(OWN4, to, Frame.UDP, UDP))),
                Stream.of("ff02::fb", "ff05::2", "::", "::1", "::192.0.2.1", "::ffff:192.0.2.1", "fe80::1", "febf::1")
                        .map(to -> Arguments.of(SPECIAL_DESTINATION, Frame.ipv6(OWN6, to, Frame.UDP, UDP))));
    }

    private static byte[] patched(byte[] frame, int at, int value) {
        byte[] changed = frame.clone();
        changed[at] = (byte) value;
        return changed;
    }

    @ParameterizedTest
    @MethodSource("bad")
    void whatTheGuestMayNotSendIsDroppedAndCounted(DropReason reason, byte[] frame) {
        assertDropped(POLICY, frame, reason);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 192.0.2.10, 192.0.2.1, true",
        "1, 192.0.2.10, 192.0.2.77, true",
        "2, 192.0.2.10, 192.0.2.1, true",
        "1, 192.0.2.10, 192.0.2.10, true",
        "1, 0.0.0.0, 192.0.2.10, true",
        "1, 0.0.0.0, 192.0.2.1, false",
        "2, 0.0.0.0, 192.0.2.10, false",
        "1, 192.0.2.1, 192.0.2.1, false",
        "2, 192.0.2.1, 192.0.2.10, false",
        "2, 192.0.2.11, 192.0.2.1, false",
        "3, 192.0.2.10, 192.0.2.1, false",
        "0, 192.0.2.10, 192.0.2.1, false"
    })
    void arpIsAboutOwnAddresses(int operation, String sender, String target, boolean good) {
        byte[] frame = Frame.arp(operation, sender, target);
        if (good) {
            assertThat(toNic(POLICY, frame)).isEqualTo(PASS);
            assertThat(toStack(POLICY, frame)).isEqualTo(PASS);
        } else {
            assertDropped(POLICY, frame, ARP);
        }
    }

    @Test
    void arpIsOfEthernetAndIpv4AndOfTheSendersHardwareAddress() {
        byte[] good = Frame.arp(1, OWN4, HOST4);
        assertDropped(POLICY, Arrays.copyOf(good, good.length - 1), ARP);
        assertDropped(POLICY, patched(good, 15, 6), ARP);
        assertDropped(POLICY, patched(good, 16, 0x86), ARP);
        assertDropped(POLICY, patched(good, 18, 8), ARP);
        assertDropped(POLICY, patched(good, 19, 16), ARP);
        assertDropped(POLICY, Frame.arp(2, new byte[] {2, 0, 0, 0, 0, 9}, OWN4, HOST4), ARP);
        assertDropped(POLICY, Frame.arp(2, new byte[] {3, 0, 0, 0, 0, 2}, OWN4, HOST4), ARP);
    }

    @ParameterizedTest
    @CsvSource({
        "135, 2001:db8:1::10, ff02::1:ff00:1, 2001:db8:1::1",
        "135, 2001:db8:1::10, 2001:db8:1::1, 2001:db8:1::1",
        "135, 2001:db8:1::10, fe80::1, fe80::1",
        "135, ::, ff02::1:ff00:10, 2001:db8:1::10",
        "136, 2001:db8:1::10, 2001:db8:1::1, 2001:db8:1::10",
        "136, 2001:db8:1::10, ff02::1, 2001:db8:1::10",
        "136, 2001:db8:1::10, fe80::5, 2001:db8:1::ffff:fff0"
    })
    void neighbourDiscoveryOfOwnAddressesIsTheStacks(int type, String from, String to, String target) {
        byte[] frame = Frame.ipv6(from, to, Frame.ICMPV6, Frame.neighbour(from, to, type, target));
        assertThat(toNic(POLICY, frame)).isEqualTo(PASS);
        assertThat(toStack(POLICY, frame)).isEqualTo(PASS);
    }

    @ParameterizedTest
    @CsvSource({
        "DISCOVERY, 133, 2001:db8:1::10, ff02::2, ::",
        "DISCOVERY, 134, fe80::bad, ff02::1, ::",
        "DISCOVERY, 134, 2001:db8:1::10, ff02::1, ::",
        "DISCOVERY, 137, 2001:db8:1::10, 2001:db8:1::1, 2001:db8:1::10",
        "DISCOVERY, 130, 2001:db8:1::10, ff02::1, ::",
        "DISCOVERY, 131, 2001:db8:1::10, ff02::1, ::",
        "DISCOVERY, 143, 2001:db8:1::10, ff02::16, ::",
        "DISCOVERY, 138, 2001:db8:1::10, 2001:db8:1::1, ::",
        "DISCOVERY, 255, 2001:db8:1::10, 2001:db8:7::7, ::",
        "SOURCE, 135, 2001:db8:1::11, ff02::1:ff00:1, 2001:db8:1::1",
        "SOURCE, 135, fe80::2, ff02::1:ff00:1, 2001:db8:1::1",
        "DISCOVERY, 135, ::, ff02::1:ff00:1, 2001:db8:1::1",
        "SOURCE, 136, ::, ff02::1, 2001:db8:1::10",
        "SOURCE, 136, 2001:db8:1::1, ff02::1, 2001:db8:1::1",
        "DISCOVERY, 136, 2001:db8:1::10, ff02::1, 2001:db8:1::1",
        "DISCOVERY, 136, 2001:db8:1::10, ff02::2, 2001:db8:1::10",
        "DISCOVERY, 136, 2001:db8:1::10, ff05::1, 2001:db8:1::10",
        "DISCOVERY, 135, 2001:db8:1::10, 2001:db8:7::7, 2001:db8:7::7"
    })
    void otherMessagesOfTheLinkAreDropped(DropReason reason, int type, String from, String to, String target) {
        assertDropped(
                POLICY,
                Frame.ipv6(from, to, Frame.ICMPV6, Frame.neighbour(from, to, type, target)),
                lonely(reason, from, type));
    }

    /** A probe that has no source is refused for that, unless it is a solicitation. */
    private static DropReason lonely(DropReason reason, String from, int type) {
        return from.equals("::") && type == 136 ? DISCOVERY : reason;
    }

    @Test
    void aRouterAdvertisementIsDropped() {
        byte[] message = Frame.routerAdvertisement("fe80::bad", "ff02::1");
        assertDropped(POLICY, Frame.ipv6("fe80::bad", "ff02::1", Frame.ICMPV6, message), DISCOVERY);
    }

    @Test
    void aSolicitationCutShortIsDropped() {
        byte[] frame = Frame.ipv6(OWN6, HOST6, Frame.ICMPV6, Frame.neighbour(OWN6, HOST6, 135, HOST6));
        assertDropped(POLICY, Arrays.copyOf(frame, frame.length - 1), DISCOVERY);
    }

    @ParameterizedTest
    @ValueSource(ints = {Frame.HOP_BY_HOP, Frame.ROUTING, Frame.FRAGMENT, Frame.AUTHENTICATION, Frame.DESTINATION})
    void discoveryDoesNotHideBehindExtensionHeaders(int extension) {
        for (int type = 130; type < 150; type++) {
            byte[] message = Frame.neighbour(OWN6, FAR6, type, HOST6);
            byte[] toUnknown = Frame.ipv6(OWN6, FAR6, extension, Frame.extension(extension, Frame.ICMPV6, message));
            assertThat(toStack(POLICY, toUnknown)).as("type " + type).isEqualTo(DROP);
            byte[] toHost = Frame.ipv6(OWN6, HOST6, extension, Frame.extension(extension, Frame.ICMPV6, message));
            assertThat(toStack(POLICY, toHost)).isEqualTo(DROP);
            assertThat(toNic(POLICY, toHost)).isEqualTo(DROP);
        }
        assertThat(DropReason.read(counters())).containsEntry(EXTENSION, 20L).containsEntry(HOST_PROTOCOL, 40L);
        byte[] many = Frame.neighbour(OWN6, FAR6, 136, HOST6);
        many = extended(Frame.HOP_BY_HOP, extended(Frame.ICMPV6, many));
        assertThat(toStack(POLICY, Frame.ipv6(OWN6, FAR6, Frame.HOP_BY_HOP, many)))
                .isEqualTo(DROP);
    }

    @Test
    void theHostIsSpokenWithPlainly() {
        for (int protocol : new int[] {Frame.TCP, Frame.UDP}) {
            assertThat(toNic(POLICY, Frame.ipv4(OWN4, HOST4, protocol, UDP))).isEqualTo(PASS);
            assertThat(toStack(POLICY, Frame.ipv6(OWN6, HOST6, protocol, UDP))).isEqualTo(PASS);
            assertThat(toNic(POLICY, Frame.ipv6(OWN6, HOST6, protocol, UDP))).isEqualTo(PASS);
        }
        assertThat(toNic(POLICY, Frame.ipv4(OWN4, HOST4, Frame.ICMP, new byte[] {8, 0})))
                .isEqualTo(PASS);
        assertThat(toNic(POLICY, Frame.ipv6(OWN6, HOST6, Frame.ICMPV6, new byte[] {(byte) 128, 0})))
                .isEqualTo(PASS);
        for (int protocol : new int[] {2, 4, 41, 47, 50, 89, 132}) {
            assertDropped(POLICY, Frame.ipv4(OWN4, HOST4, protocol, UDP), HOST_PROTOCOL);
            assertDropped(POLICY, Frame.ipv6(OWN6, HOST6, protocol, UDP), HOST_PROTOCOL);
        }
        assertDropped(
                POLICY,
                Frame.ipv4(OWN4, HOST4, Frame.UDP, 0, new byte[] {(byte) 131, 7, 4, 10, 0, 0, 1, 0}, UDP),
                HOST_PROTOCOL);
        assertDropped(
                POLICY,
                Frame.ipv6(OWN6, HOST6, Frame.ROUTING, Frame.extension(Frame.ROUTING, Frame.UDP, UDP)),
                HOST_PROTOCOL);
    }

    @ParameterizedTest
    @CsvSource({
        "198.51.100.7, true",
        "198.51.100.255, true",
        "198.51.101.1, false",
        "10.1.2.3, true",
        "10.128.0.1, false",
        "192.0.2.1, false",
        "2001:db8:7::7, true",
        "2001:db8:7:ffff::1, true",
        "2001:db8:8::7, false",
        "2001:db8:9:8000::1, true",
        "2001:db8:9:4000::1, false",
        "2001:db8:1::1, false"
    })
    void whatIsReachableIsReachedAndNothingElse(String to, boolean reachable) {
        GuestPolicy policy = new GuestPolicy(
                POLICY.addresses(),
                List.of(
                        network("198.51.100.0", 24),
                        network("10.1.2.3", 9),
                        network("2001:db8:7::", 48),
                        network("2001:db8:9:8000::", 49)),
                POLICY.hostAddresses());
        byte[] frame = to.contains(":") ? Frame.ipv6(OWN6, to, Frame.UDP, UDP) : Frame.ipv4(OWN4, to, Frame.UDP, UDP);
        if (reachable) {
            assertThat(toNic(policy, frame)).isEqualTo(Uapi.TC_ACT_REDIRECT());
            assertThat(toStack(policy, frame)).isEqualTo(PASS);
        } else {
            assertDropped(policy, frame, UNREACHABLE);
        }
    }

    @Test
    void aDefaultRouteReachesAllOfItsFamilyAndNoneOfTheOther() {
        GuestPolicy policy = new GuestPolicy(POLICY.addresses(), List.of(network("0.0.0.0", 0)), List.of());
        assertThat(toNic(policy, Frame.ipv4(OWN4, FAR4, Frame.UDP, UDP))).isEqualTo(Uapi.TC_ACT_REDIRECT());
        assertThat(toStack(policy, Frame.ipv4(OWN4, FAR4, Frame.UDP, UDP))).isEqualTo(PASS);
        assertThat(toNic(policy, Frame.ipv6(OWN6, FAR6, Frame.UDP, UDP))).isEqualTo(DROP);
        assertThat(toStack(policy, Frame.ipv6(OWN6, FAR6, Frame.UDP, UDP))).isEqualTo(DROP);
    }

    @Test
    void aGuestOfOneFamilySendsNoneOfTheOther() {
        assertDropped(GuestPolicy.of(addresses(OWN4)), Frame.ipv6(OWN6, FAR6, Frame.UDP, UDP), SOURCE);
        assertDropped(GuestPolicy.of(addresses(OWN6)), Frame.ipv4(OWN4, FAR4, Frame.UDP, UDP), SOURCE);
        assertDropped(GuestPolicy.of(addresses(OWN6)), Frame.arp(1, OWN4, HOST4), ARP);
    }

    @Test
    void whatIsLongerThanTheNicSendsIsDropped() {
        // The device that test runs are on has the largest MTU; one that is not there has none.
        byte[] frame = Frame.ipv4(OWN4, FAR4, Frame.UDP, UDP);
        assertThat(verdict(GuestPrograms.fromGuestToNic(POLICY, Integer.MAX_VALUE, counters()), frame))
                .isEqualTo(DROP);
        assertThat(DropReason.read(counters())).containsEntry(TOO_LONG, 1L);
    }

    @Test
    void asManyAddressesAndNetworksAsThereMayBeFitIntoTheProgram() {
        List<IpAddress> many = IntStream.range(0, 1000)
                .mapToObj(i -> IpAddress.parse("2001:db8::" + Integer.toHexString(i)))
                .toList();
        List<IpAddress> host = IntStream.range(0, 1000)
                .mapToObj(i -> IpAddress.parse("2001:db8:f::" + Integer.toHexString(i)))
                .toList();
        List<Network> networks = IntStream.range(0, 500)
                .mapToObj(i -> network("2001:db8:a:" + Integer.toHexString(i) + "::", 120))
                .toList();
        GuestPolicy policy = new GuestPolicy(many, networks, host);
        byte[] good = Frame.ipv6(many.getLast().toString(), "2001:db8:a:1f3::5", Frame.UDP, UDP);
        assertThat(toNic(policy, good)).isEqualTo(Uapi.TC_ACT_REDIRECT());
        assertThat(toStack(policy, good)).isEqualTo(PASS);
        assertDropped(policy, Frame.ipv6("2001:db8::1:0", "2001:db8:a:1f3::5", Frame.UDP, UDP), SOURCE);
        assertDropped(policy, Frame.ipv6(many.getFirst().toString(), "2001:db8:a:1f4::5", Frame.UDP, UDP), UNREACHABLE);
    }

    @Test
    void noOtherSourcePasses() {
        Random random = new Random(14);
        try (Program nic = TestRun.load(GuestPrograms.fromGuestToNic(POLICY, NIC, counters()));
                Program stack = TestRun.load(GuestPrograms.fromGuestToStack(POLICY, counters()))) {
            for (byte[] frame : List.of(
                    Frame.ipv4(OWN4, FAR4, Frame.UDP, UDP),
                    Frame.ipv6(OWN6, FAR6, Frame.UDP, UDP),
                    Frame.ipv6(OWN6, HOST6, Frame.ICMPV6, Frame.neighbour(OWN6, HOST6, 136, OWN6)))) {
                int at = frame[12] == 0x08 ? 26 : 22;
                int length = frame[12] == 0x08 ? 4 : 16;
                for (int bit = 0; bit < length * 8; bit++) {
                    byte[] one = patched(frame, at + bit / 8, frame[at + bit / 8] ^ 1 << bit % 8);
                    assertThat(TestRun.verdict(nic, one)).isEqualTo(DROP);
                    assertThat(TestRun.verdict(stack, one)).isEqualTo(DROP);
                }
                for (int i = 0; i < 500; i++) {
                    byte[] source = new byte[length];
                    random.nextBytes(source);
                    byte[] other =
                            ByteBuffer.wrap(frame.clone()).put(at, source).array();
                    assertThat(TestRun.verdict(nic, other)).isEqualTo(DROP);
                    assertThat(TestRun.verdict(stack, other)).isEqualTo(DROP);
                }
            }
        }
    }
}
