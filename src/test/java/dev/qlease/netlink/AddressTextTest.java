package dev.qlease.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses and their text. */
class AddressTextTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1",
        "0.0.0.0, 0.0.0.0",
        "::, ::",
        "::1, ::1",
        "fe80:0:0:0:0:0:0:1, fe80::1",
        "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "1:0:0:2:0:0:0:3, 1:0:0:2::3",
        "fd00:0:0:0:0:0:0:0, fd00::",
        "::ffff:192.0.2.1, ::ffff:192.0.2.1",
    })
    void anAddressIsShownAsRfc5952Says(String text, String shown) {
        assertThat(IpAddress.parse(text)).hasToString(shown);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1.2.3",
                "1.2.3.256",
                "10",
                "0x7f.0.0.1",
                "localhost",
                "fe80::1%lo",
                "[::1]",
                ":",
                "1::2::3",
                "1.2.3.4/24",
                "::g"
            })
    void whatIsNoAddressIsRefused(String text) {
        assertThatThrownBy(() -> IpAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not an IP address: " + text);
    }

    @Property
    void whatIsShownIsReadAgain(@ForAll @Size(16) byte[] bytes) throws UnknownHostException {
        IpAddress address = IpAddress.of(bytes);
        assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
        assertThat(address.toInetAddress())
                .isInstanceOf(Inet6Address.class)
                .isEqualTo(Inet6Address.getByAddress(null, bytes, -1));
    }

    @Property
    void whatIsShownOfIpv4IsReadAgain(@ForAll @Size(4) byte[] bytes) throws UnknownHostException {
        IpAddress address = IpAddress.of(bytes);
        assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
        assertThat(address).hasToString(InetAddress.getByAddress(bytes).getHostAddress());
        assertThat(IpAddress.of(address.toInetAddress())).isEqualTo(address);
    }

    @Test
    void anAddressOfAnotherLengthIsMalformed() {
        assertThatThrownBy(() -> IpAddress.of(MemorySegment.ofArray(new byte[6])))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("4 or 16 bytes, not 6");
        assertThatThrownBy(() -> IpAddress.of(new byte[5])).isInstanceOf(IllegalArgumentException.class);
        assertThat(BinaryFormat.IP_ADDRESS.format(MemorySegment.ofArray(new byte[6])))
                .isEqualTo("000000000000");
    }

    @Property
    void aHardwareAddressIsReadAgain(@ForAll @Size(max = 32) byte[] bytes) {
        HardwareAddress address = HardwareAddress.of(bytes);
        assertThat(HardwareAddress.parse(address.toString())).isEqualTo(address).hasSameHashCodeAs(address);
        assertThat(address.bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"02-00-5e-10-00-01", "0200.5e10.0001", "02:00:5e:10:00:0g", "2:0:5e:10:0:1"})
    void aHardwareAddressHasPairsOfDigitsWithColonsBetween(String text) {
        assertThatThrownBy(() -> HardwareAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not a hardware address");
    }
}
