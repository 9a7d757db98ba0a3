package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.IpAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the redirects decide, as this machine's kernel runs them on single frames. */
@Tag("host")
class RedirectsHostTest {
    private static final int STACK = Uapi.TC_ACT_UNSPEC();
    private static final int REDIRECT = Uapi.TC_ACT_REDIRECT();
    private static final List<IpAddress> GUEST = List.of(
            IpAddress.parse("192.0.2.10"),
            IpAddress.parse("2001:db8:1::10"),
            IpAddress.parse("203.0.113.200"),
            IpAddress.parse("2001:db8:1::ffff:fff0"));

    private static int verdict(ProgramSpec spec, byte[] frame) {
        try (Program program = TestRun.load(spec)) {
            return TestRun.verdict(program, frame);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.10, true",
        "203.0.113.200, true",
        "192.0.2.11, false",
        "193.0.2.10, false",
        "2001:db8:1::10, true",
        "2001:db8:1::ffff:fff0, true",
        "2001:db8:1::11, false",
        "2001:db8:1:0:1::10, false",
        "2001:db8:2::10, false",
        "2001:db9:1::10, false",
        "ff02::1, false"
    })
    void whatIsForTheGuestGoesToTheGuestAndNothingElse(String destination, boolean guest) {
        assertThat(verdict(Redirects.toGuest(GUEST, 7), Packets.tcp(destination)))
                .isEqualTo(guest ? REDIRECT : STACK);
    }

    @ParameterizedTest
    @CsvSource({
        "198.51.100.1, true",
        "223.255.255.255, true",
        "224.0.0.251, false",
        "255.255.255.255, false",
        "169.254.0.1, false",
        "169.255.0.1, true",
        "192.0.2.1, false",
        "2001:db8:7::1, true",
        "fd00::1, true",
        "fec0::1, true",
        "fe80::1, false",
        "febf::1, false",
        "ff02::fb, false",
        "2001:db8:1::1, false"
    })
    void whatTheGuestSendsLeavesByTheNicUnlessItIsForTheLinkOrTheHost(String destination, boolean out) {
        List<IpAddress> local = List.of(IpAddress.parse("192.0.2.1"), IpAddress.parse("2001:db8:1::1"));
        assertThat(verdict(Redirects.toNic(1, local), Packets.tcp(destination))).isEqualTo(out ? REDIRECT : STACK);
    }

    @ParameterizedTest
    @CsvSource({"128, true", "129, true", "132, true", "133, false", "135, false", "137, false", "138, true"})
    void neighbourDiscoveryIsTheStacksAndPingIsNot(int type, boolean redirected) {
        byte[] frame = Packets.ip("2001:db8:1::10", Packets.ICMPV6, type);
        int expected = redirected ? REDIRECT : STACK;
        assertThat(verdict(Redirects.toGuest(GUEST, 7), frame)).isEqualTo(expected);
        assertThat(verdict(Redirects.toNic(1), frame)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {Packets.ARP, Packets.VLAN, 0x88cc})
    void otherProtocolsAndVlansAreTheStacks(int type) {
        byte[] packet = Packets.packet(GUEST.getFirst(), Packets.TCP, 0);
        assertThat(verdict(Redirects.toGuest(GUEST, 7), Packets.frame(type, packet)))
                .isEqualTo(STACK);
        assertThat(verdict(Redirects.toNic(1), Packets.frame(type, packet))).isEqualTo(STACK);
    }

    @Test
    void anIcmpv6MessageWithoutItsTypeIsTheStacks() {
        byte[] frame = Arrays.copyOf(Packets.ip("2001:db8:1::10", Packets.ICMPV6, 128), 14 + 40);
        assertThat(verdict(Redirects.toGuest(GUEST, 7), frame)).isEqualTo(STACK);
        assertThat(verdict(Redirects.toNic(1), frame)).isEqualTo(STACK);
    }

    @Test
    void aGuestCanHaveSomeThousandAddresses() {
        List<IpAddress> many = IntStream.range(0, 4000)
                .mapToObj(i -> IpAddress.parse("2001:db8::" + Integer.toHexString(i)))
                .toList();
        ProgramSpec spec = Redirects.toGuest(many, 7);
        assertThat(verdict(spec, Packets.tcp(many.getLast().toString()))).isEqualTo(REDIRECT);
        assertThat(verdict(spec, Packets.tcp("2001:db8::1:0"))).isEqualTo(STACK);
    }

    @Test
    void aGuestWithoutAddressesAndNumbersThatAreNoneAreRefused() {
        assertThatThrownBy(() -> Redirects.toGuest(List.of(), 7)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Redirects.toGuest(GUEST, 0)).hasMessage("an ifindex is 1 or more, not 0");
        assertThatThrownBy(() -> Redirects.toNic(-1)).hasMessage("an ifindex is 1 or more, not -1");
    }
}
