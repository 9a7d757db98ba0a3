package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.netlink.IpAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Prefixes and their text. */
class IpPrefixTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.1/24, 10.0.0.0/24",
        "10.1.2.3/31, 10.1.2.2/31",
        "10.255.255.255/9, 10.128.0.0/9",
        "192.0.2.1, 192.0.2.1/32",
        "fd00:1:2:3:4::5/64, fd00:1:2:3::/64",
        "::1, ::1/128",
        "ffff::/0, ::/0",
    })
    void aNetworkHasItsLeadingBitsOnly(String text, String network) {
        assertThat(IpPrefix.parse(text).network()).hasToString(network);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.1/", "10.0.0.1/33", "::/129", "10.0.0.1/-1", "10.0.0.1/0x8", "/8", "10.0.0/8", "x/8"})
    void whatIsNoPrefixIsRefused(String text) {
        assertThatThrownBy(() -> IpPrefix.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aLengthThatIsTooMuchIsNamed() {
        assertThatThrownBy(() -> IpPrefix.parse("10.0.0.1/33"))
                .hasMessage("a prefix of 10.0.0.1 is 0 to 32 bits long, not 33");
    }

    @Test
    void aPrefixContainsItsAddresses() {
        IpPrefix prefix = IpPrefix.parse("10.0.0.1/30");
        assertThat(prefix.contains(IpAddress.parse("10.0.0.3"))).isTrue();
        assertThat(prefix.contains(IpAddress.parse("10.0.0.4"))).isFalse();
        assertThat(prefix.contains(IpAddress.parse("::ffff:10.0.0.3"))).isFalse();
        assertThat(IpPrefix.ALL_IPV6.contains(IpAddress.parse("2001:db8::1"))).isTrue();
    }
}
