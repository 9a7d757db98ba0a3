package dev.qlease.node.nri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class FrameReaderTest {
    private static FrameReader reader(String hex) {
        return new FrameReader(new ByteArrayInputStream(HexFormat.of().parseHex(hex.replace(" ", ""))));
    }

    @Test
    void aMessageHasItsConnectionStreamTypeAndData() throws IOException {
        FrameReader reader = reader("00000001 0000000d 00000003 80000005 01 00 aabbcc");
        assertThat(reader.next().orElseThrow())
                .usingRecursiveComparison()
                .isEqualTo(new Frame(
                        Frame.PLUGIN, 0x80000005, Frame.REQUEST, new byte[] {(byte) 0xaa, (byte) 0xbb, (byte) 0xcc}));
        assertThat(reader.next()).isEmpty();
    }

    @Test
    void aMessageWithoutDataIsRead() throws IOException {
        FrameReader reader = reader("00000002 0000000a 00000000 00000001 02 00");
        assertThat(reader.next().orElseThrow())
                .usingRecursiveComparison()
                .isEqualTo(new Frame(Frame.RUNTIME, 1, Frame.RESPONSE, new byte[0]));
        assertThat(reader.next()).isEmpty();
    }

    @Test
    void aMessageOfFourMebibytesIsRead() throws IOException {
        byte[] whole = FakeRuntime.frames(
                Frame.PLUGIN,
                1,
                Frame.REQUEST,
                FakeRuntime.request("M", ByteString.copyFrom(new byte[Frame.MOST - 40])).toBuilder()
                        .setService("")
                        .build());
        FrameReader reader = new FrameReader(new ByteArrayInputStream(whole));
        assertThat(reader.next().orElseThrow().data()).hasSizeBetween(Frame.MOST - 40, Frame.MOST);
        assertThat(reader.next()).isEmpty();
    }

    @Test
    void aLongerMessageIsRefused() {
        assertThatThrownBy(reader("00000001 0000000a 00400001 00000001 01 00")::next)
                .isInstanceOf(NriProtocolException.class)
                .hasMessage("the runtime sent a message of 4194305 bytes; the most is 4194304");
        assertThatThrownBy(reader("00000001 0000000a ffffffff 00000001 01 00")::next)
                .hasMessage("the runtime sent a message of 4294967295 bytes; the most is 4194304");
    }

    @Test
    void aLongerPartIsRefusedEvenOfAnUnknownConnection() {
        assertThatThrownBy(reader("00000009 0040000b")::next)
                .isInstanceOf(NriProtocolException.class)
                .hasMessage("the runtime sent a frame of 4194315 bytes; the most is 4194314");
        assertThatThrownBy(reader("00000001 ffffffff")::next)
                .hasMessage("the runtime sent a frame of 4294967295 bytes; the most is 4194314");
    }

    @Test
    void anUnknownConnectionIsSkipped() throws IOException {
        FrameReader reader = reader("00000007 00000003 010203 00000001 0000000a 00000000 00000009 01 00");
        assertThat(reader.next().orElseThrow().stream()).isEqualTo(9);
        assertThatThrownBy(reader("00000007 00000003 0102")::next).isInstanceOf(NriProtocolException.class);
    }
}
