package dev.qlease.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class MessageTest {
    @ParameterizedTest
    @EnumSource
    void everyKindIsReadBack(Message.Kind kind) {
        Message message = new Message(kind, Message.MOST_BYTES);
        assertThat(message.encode()).hasSize(Message.SIZE);
        assertThat(Message.decode(message.encode())).hasValue(message);
    }

    @Test
    void theEncodingIsThatOfVersionOne() {
        assertThat(new Message(Message.Kind.SOURCE, 0x0102).encode())
                .containsExactly('Q', 'L', 'B', 'E', 'N', 'C', 'H', 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2);
    }

    @ParameterizedTest
    @CsvSource({"0, 81", "6, 104", "8, 0", "8, 8", "8, -1", "9, 1", "15, 1", "16, -1", "17, 1", "18, 2"})
    void whatIsNoMessageIsRefused(int index, byte value) {
        byte[] encoded = new Message(Message.Kind.SINK, 1).encode();
        boolean same = encoded[index] == value;
        encoded[index] = value;
        assertThat(Message.decode(encoded).isPresent()).isEqualTo(same);
    }

    @Test
    void otherSizesAndProtocolsAreRefused() {
        byte[] encoded = new Message(Message.Kind.SINK, 1).encode();
        assertThat(Message.decode(new byte[0])).isEmpty();
        assertThat(Message.decode(Arrays.copyOf(encoded, Message.SIZE - 1))).isEmpty();
        assertThat(Message.decode(Arrays.copyOf(encoded, Message.SIZE + 1))).isEmpty();
        assertThat(Message.decode("HTTP/1.1 400 Bad Request".getBytes(StandardCharsets.US_ASCII)))
                .isEmpty();
    }

    @Test
    void ofAnotherVersionOnlyTheVersionIsKnown() {
        byte[] encoded = new Message(Message.Kind.SINK, 1).encode();
        encoded[7] = (byte) 200;
        encoded[12] = 5;
        assertThat(Message.decode(encoded)).hasValue(new Message(200, Message.Kind.OTHER_VERSION, 0));
    }
}
