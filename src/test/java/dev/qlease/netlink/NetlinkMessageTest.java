package dev.qlease.netlink;

import static dev.qlease.netlink.Wire.attribute;
import static dev.qlease.netlink.Wire.hex;
import static dev.qlease.netlink.Wire.text;
import static dev.qlease.netlink.Wire.u32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class NetlinkMessageTest {
    private static final int HEADER = 4;

    private static String name(byte[]... attributes) {
        byte[] message = Wire.message(Sample.FAMILY, 0, 1, FakePeer.PORT, hex("0a010000"), Wire.concat(attributes));
        return NetlinkMessage.parse(MemorySegment.ofArray(message), 0).text(Sample.NAME, HEADER);
    }

    @Test
    void aTextIsFoundAmongOthers() {
        assertThat(name(attribute(3, u32(7)), attribute(7, text("eth0")), attribute(8, u32(1))))
                .isEqualTo("eth0");
        assertThat(name(attribute(7, hex("65746830")))).isEqualTo("eth0");
        assertThat(name(attribute(7))).isEmpty();
    }

    @Test
    void whatIsBehindItIsNotLookedAt() {
        assertThat(name(attribute(7, text("eth0")), hex("ffff0100"))).isEqualTo("eth0");
        assertThat(name(attribute(7, text("eth0")), attribute(7, text("eth1")))).isEqualTo("eth0");
    }

    @Test
    void whatIsBeforeItHasToBeWhole() {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> name(hex("ffff0100"), attribute(7, text("eth0"))))
                .withMessageContaining("byte at offset 0 says it is 65535 bytes long");
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> name(hex("03000700")))
                .withMessageContaining("name");
    }

    @Test
    void oneThatIsNotThereIsMissing() {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> name(attribute(3, u32(7))))
                .withMessageContaining("name is missing");
    }
}
