package dev.qlease.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.qlease.node.BindingRefusedException.Reason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MessageTest {
    private static final List<Message> MESSAGES = List.of(
            new Message.Ready(),
            new Message.Bind("eth0", List.of(1, 2), OptionalInt.of(65536)),
            new Message.Bind("ä".repeat(63), IntStream.range(0, 64).boxed().toList(), OptionalInt.empty()),
            new Message.Bound(-2, 7, List.of(1, 70000)),
            new Message.Refused(Reason.IN_USE, "queue 1 receives already"));

    private static Message read(byte[] bytes) {
        return Message.of(ByteBuffer.wrap(bytes));
    }

    @Test
    void whatIsWrittenIsRead() {
        assertThat(MESSAGES).allSatisfy(message -> {
            assertThat(message.bytes()).hasSizeLessThanOrEqualTo(Message.MOST_BYTES);
            assertThat(read(message.bytes())).isEqualTo(message);
        });
        for (Reason reason : Reason.values()) {
            Message refused = new Message.Refused(reason, "");
            assertThat(read(refused.bytes())).isEqualTo(refused);
        }
    }

    @Test
    void theBytesAreThoseOfTheSpecification() {
        assertThat(new Message.Bind("nk0", List.of(1), OptionalInt.of(4096)).bytes())
                .containsExactly('q', 'l', 'n', 'd', 0, 1, 0, 1, 0, 0, 16, 0, 0, 1, 0, 0, 0, 1, 0, 3, 'n', 'k', '0');
        assertThat(new Message.Refused(Reason.BUSY, "no").bytes())
                .containsExactly('q', 'l', 'n', 'd', 0, 1, 0, 3, 0, 6, 0, 2, 'n', 'o');
    }

    @Test
    void aLongSentenceIsCut() {
        Message cut = read(new Message.Refused(Reason.FAILED, "x".repeat(5000)).bytes());
        assertThat(((Message.Refused) cut).sentence()).hasSize(1012).startsWith("xxx");
    }

    @Test
    void aPartOfAMessageAndOneWithMoreAreRefused() {
        for (Message message : MESSAGES) {
            byte[] bytes = message.bytes();
            for (int length = 0; length < bytes.length; length++) {
                byte[] part = Arrays.copyOf(bytes, length);
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> read(part))
                        .withMessageMatching(".+");
            }
            byte[] more = Arrays.copyOf(bytes, bytes.length + 1);
            assertThatIllegalArgumentException().isThrownBy(() -> read(more)).withMessageContaining("too many");
        }
    }

    @Test
    void anotherVersionIsNamed() {
        byte[] bytes = new Message.Ready().bytes();
        bytes[5] = 9;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read(bytes))
                .withMessage("the message has version 9 of the protocol, not 1");
    }

    @Test
    void invalidRequestsAreRefusedBeforeTheyAreSent() {
        for (String device : List.of("", "x".repeat(128), "a\0b")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Message.Bind(device, List.of(), OptionalInt.empty()));
        }
        for (List<Integer> queues : List.of(
                List.of(1, 1), List.of(-1), IntStream.range(0, 65).boxed().toList())) {
            assertThatIllegalArgumentException().isThrownBy(() -> new Message.Bind("a", queues, OptionalInt.empty()));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new Message.Bind("a", List.of(), OptionalInt.of(-4096)));
    }

    /** Random bytes, and messages with random changes: each is a message that is written as it was read, or refused. */
    @Test
    void anyBytesAreAMessageOrRefused() {
        Random random = new Random(7);
        int valid = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = i % 4 == 0
                    ? new byte[random.nextInt(40)]
                    : MESSAGES.get(i % MESSAGES.size()).bytes();
            if (i % 4 == 0) {
                random.nextBytes(bytes);
            }
            for (int change = 0; change < i % 4 && bytes.length > 0; change++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(-2, 200);
            }
            if (i % 3 == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 2));
            }
            try {
                Message message = read(bytes);
                assertThat(message.bytes()).isEqualTo(bytes);
                valid++;
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageMatching("(?s).+");
            }
        }
        assertThat(valid).isGreaterThan(1000);
    }
}
