package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.bpf.GuestPolicy.Network;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.IpAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the programs for packets to a guest decide, as this machine's kernel runs them on single frames. */
@Tag("host")
class ToGuestHostTest {
    private static final String OWN4 = "192.0.2.10";
    private static final String OWN6 = "2001:db8:1::10";
    private static final String FAR4 = "198.51.100.7";
    private static final String FAR6 = "2001:db8:7::7";
    private static final byte[] UDP = Frame.udp((byte) 1);
    private static final int NEXT = Uapi.TC_ACT_UNSPEC();
    private static final int REDIRECT = Uapi.TC_ACT_REDIRECT();
    private static final int PASS = Uapi.TC_ACT_OK();
    private static final int DROP = Uapi.TC_ACT_SHOT();

    /** Test runs are by the loopback device, which has no hardware address: so these frames are for this machine. */
    private static final byte[] NOBODY = new byte[6];

    private static final GuestPolicy OPEN = GuestPolicy.of(addresses(OWN4, OWN6, "203.0.113.200"));
    private static final GuestPolicy NARROW = new GuestPolicy(
            OPEN.addresses(),
            List.of(new Network(IpAddress.parse("198.51.100.0"), 24), new Network(IpAddress.parse("2001:db8:7::"), 48)),
            List.of());

    private BpfMap counters;

    @BeforeEach
    void open() {
        counters = TestRun.counters();
    }

    @AfterEach
    void close() {
        counters.close();
    }

    private static List<IpAddress> addresses(String... texts) {
        return Stream.of(texts).map(IpAddress::parse).toList();
    }

    private int fromWire(GuestPolicy policy, byte[] frame) {
        try (Program program = TestRun.load(GuestPrograms.toGuestFromWire(policy, 7, counters))) {
            return TestRun.verdict(program, Frame.addressed(frame, NOBODY, Frame.SENDER));
        }
    }

    private int fromStack(GuestPolicy policy, byte[] frame) {
        try (Program program = TestRun.load(GuestPrograms.toGuestFromStack(policy, counters))) {
            return TestRun.verdict(program, frame);
        }
    }

    private static byte[] udp(String from, String to) {
        return from.contains(":") ? Frame.ipv6(from, to, Frame.UDP, UDP) : Frame.ipv4(from, to, Frame.UDP, UDP);
    }

    @ParameterizedTest
    @CsvSource({
        "198.51.100.7, 192.0.2.10, true",
        "198.51.100.7, 203.0.113.200, true",
        "198.51.100.7, 192.0.2.11, false",
        "198.51.100.7, 193.0.2.10, false",
        "2001:db8:7::7, 2001:db8:1::10, true",
        "2001:db8:7::7, 2001:db8:1::11, false",
        "2001:db8:7::7, 2001:db8:1:0:1::10, false",
        "2001:db8:7::7, 2001:db9:1::10, false",
        "fe80::1, 2001:db8:1::10, false",
        "2001:db8:7::7, ff02::1, false",
        "198.51.100.7, 224.0.0.1, false"
    })
    void whatIsForTheGuestGoesToTheGuestAndNothingElse(String from, String to, boolean guest) {
        assertThat(fromWire(OPEN, udp(from, to))).isEqualTo(guest ? REDIRECT : NEXT);
        assertThat(fromStack(OPEN, udp(from, to))).isEqualTo(guest ? PASS : DROP);
        assertThat(fromWire(NARROW, udp(from, to))).isEqualTo(guest ? REDIRECT : NEXT);
        assertThat(fromStack(NARROW, udp(from, to))).isEqualTo(guest ? PASS : DROP);
    }

    @ParameterizedTest
    @CsvSource({"198.51.101.7, 192.0.2.10", "2001:db8:8::7, 2001:db8:1::10", "::1, 2001:db8:1::10"})
    void whatTheGuestDoesNotReachDoesNotReachIt(String from, String to) {
        assertThat(fromWire(NARROW, udp(from, to))).isEqualTo(DROP);
        assertThat(fromStack(NARROW, udp(from, to))).isEqualTo(DROP);
        assertThat(DropReason.read(counters)).containsEntry(DropReason.TO_GUEST_UNREACHABLE, 2L);
        assertThat(fromWire(NARROW, udp(from, to.replace("10", "11")))).isEqualTo(NEXT);
    }

    @Test
    void framesForOtherHardwareAddressesAreNotTheGuests() {
        try (Program program = TestRun.load(GuestPrograms.toGuestFromWire(OPEN, 7, counters))) {
            for (byte[] receiver : List.of(
                    new byte[] {2, 0, 0, 0, 0, 9}, new byte[] {-1, -1, -1, -1, -1, -1}, new byte[] {1, 0, 94, 0, 0, 1
                    })) {
                byte[] frame = Frame.addressed(udp(FAR4, OWN4), receiver, Frame.SENDER);
                assertThat(TestRun.verdict(program, frame)).isEqualTo(NEXT);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Frame.ARP, 0x8100, 0x88a8, 0x88cc})
    void otherProtocolsOfTheWireAreTheStacks(int type) {
        byte[] frame = udp(FAR4, OWN4);
        byte[] other = Frame.ethernet(type, Arrays.copyOfRange(frame, 14, frame.length));
        assertThat(fromWire(NARROW, other)).isEqualTo(NEXT);
        assertThat(fromWire(NARROW, Frame.tagged(0x8100, 5, frame))).isEqualTo(NEXT);
    }

    @Test
    void discoveryOfTheWireIsTheStacksAndEchoIsNot() {
        for (int type = 130; type < 256; type++) {
            byte[] message = Frame.neighbour(FAR6, OWN6, type, OWN6);
            assertThat(fromWire(OPEN, Frame.ipv6(FAR6, OWN6, Frame.ICMPV6, message)))
                    .isEqualTo(NEXT);
        }
        for (int type : new int[] {1, 2, 3, 4, 128, 129}) {
            assertThat(fromWire(OPEN, Frame.ipv6(FAR6, OWN6, Frame.ICMPV6, new byte[] {(byte) type, 0})))
                    .isEqualTo(REDIRECT);
        }
        assertThat(fromWire(OPEN, Frame.ipv6(FAR6, OWN6, Frame.ICMPV6))).isEqualTo(NEXT);
    }

    @Test
    void theStackAsksForTheGuestsAddressesAndAnswersThem() {
        assertThat(fromStack(OPEN, Frame.arp(1, "192.0.2.1", OWN4))).isEqualTo(PASS);
        assertThat(fromStack(OPEN, Frame.arp(2, "192.0.2.1", OWN4))).isEqualTo(PASS);
        assertThat(fromStack(OPEN, Frame.arp(1, "192.0.2.1", "192.0.2.11"))).isEqualTo(DROP);
        assertThat(fromStack(OPEN, neighbour("2001:db8:1::1", "ff02::1:ff00:10", 135, OWN6)))
                .isEqualTo(PASS);
        assertThat(fromStack(OPEN, neighbour("fe80::1", OWN6, 135, OWN6))).isEqualTo(PASS);
        assertThat(fromStack(OPEN, neighbour("2001:db8:1::1", OWN6, 136, "2001:db8:1::1")))
                .isEqualTo(PASS);
        assertThat(fromStack(OPEN, neighbour("2001:db8:1::1", "ff02::1:ff00:11", 135, "2001:db8:1::11")))
                .isEqualTo(DROP);
        assertThat(fromStack(OPEN, neighbour("fe80::1", "ff02::1", 136, "2001:db8:1::1")))
                .isEqualTo(DROP);
        for (int type : new int[] {130, 133, 134, 137, 143}) {
            assertThat(fromStack(OPEN, neighbour("fe80::1", OWN6, type, OWN6))).isEqualTo(DROP);
        }
        assertThat(fromStack(OPEN, Frame.tagged(0x8100, 5, udp(FAR4, OWN4)))).isEqualTo(DROP);
        assertThat(fromStack(OPEN, Frame.ethernet(0x88cc, UDP))).isEqualTo(DROP);
    }

    private static byte[] neighbour(String from, String to, int type, String target) {
        return Frame.ipv6(from, to, Frame.ICMPV6, Frame.neighbour(from, to, type, target));
    }

    @Test
    void aGuestOfOneFamilyReceivesNoneOfTheOther() {
        GuestPolicy ipv4 = GuestPolicy.of(addresses(OWN4));
        assertThat(fromWire(ipv4, udp(FAR6, OWN6))).isEqualTo(NEXT);
        assertThat(fromStack(ipv4, udp(FAR6, OWN6))).isEqualTo(DROP);
        GuestPolicy ipv6 = GuestPolicy.of(addresses(OWN6));
        assertThat(fromWire(ipv6, udp(FAR4, OWN4))).isEqualTo(NEXT);
        assertThat(fromStack(ipv6, udp(FAR4, OWN4))).isEqualTo(DROP);
        assertThat(DropReason.read(counters)).isEqualTo(expected(DropReason.TO_GUEST_PROTOCOL, 2));
    }

    private static Map<DropReason, Long> expected(DropReason only, long count) {
        return Stream.of(DropReason.values())
                .collect(Collectors.toMap(reason -> reason, reason -> reason == only ? count : 0L));
    }

    @Test
    void policiesThatAllowNothingAndNumbersThatAreNoneAreRefused() {
        assertThatThrownBy(() -> GuestPolicy.of(List.of())).hasMessage("a guest has at least one address");
        assertThatThrownBy(() -> new GuestPolicy(
                        addresses(OWN4), List.of(new Network(IpAddress.parse("2001:db8::"), 32)), List.of()))
                .hasMessageContaining("reaches none of");
        assertThatThrownBy(() -> new Network(IpAddress.parse(OWN4), 33))
                .hasMessage("a network of 192.0.2.10 has 0 to 32 leading bits, not 33");
        assertThatThrownBy(() -> GuestPrograms.toGuestFromWire(OPEN, 0, counters))
                .hasMessage("an ifindex is 1 or more, not 0");
        assertThatThrownBy(() -> GuestPrograms.fromGuestToNic(OPEN, -1, counters))
                .hasMessage("an ifindex is 1 or more, not -1");
    }
}
