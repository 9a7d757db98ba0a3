package dev.qlease.cli.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes that are sent and received to see that none is lost, or in another place. */
class PatternTest {
    private static byte[] bytes(Pattern pattern, int length, int atATime) throws IOException {
        ReadableByteChannel source = pattern.source(length);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(atATime);
        while (source.read(buffer.clear()) >= 0) {
            all.write(buffer.array(), 0, buffer.position());
        }
        return all.toByteArray();
    }

    private static void check(Pattern pattern, byte[] bytes, int atATime) throws IOException {
        WritableByteChannel check = pattern.check(null);
        for (int from = 0; from < bytes.length; from += atATime) {
            ByteBuffer piece = ByteBuffer.wrap(bytes, from, Math.min(atATime, bytes.length - from));
            while (piece.hasRemaining()) {
                check.write(piece);
            }
        }
    }

    @Test
    void itIsThatOfTheSelftests() throws IOException {
        assertThat(bytes(new Pattern(7), 16, 5)).containsExactly(1, 2, 3, 4, 5, 6, '\n', 1, 2, 3, 4, 5, 6, '\n', 1, 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 4096, 100_000, 1_000_000})
    void whatItGivesItFindsRightHoweverItIsCut(int atATime) throws IOException {
        for (int period : new int[] {2, 7, 255, 256}) {
            Pattern pattern = new Pattern(period);
            check(pattern, bytes(pattern, 300_001, 65_537), atATime);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 6, 65_535, 65_536, 200_000})
    void theFirstByteThatDiffersIsNamed(int at) throws IOException {
        Pattern pattern = new Pattern(7);
        byte[] bytes = bytes(pattern, 200_001, 1 << 20);
        byte right = bytes[at];
        bytes[at] = (byte) 200;
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> check(pattern, bytes, 100_000))
                .withMessage("the byte at offset " + at + " is 200, not " + right + " as in the pattern of 7")
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.FAILED));
    }

    @Test
    void whatIsRightIsHandedOn() throws IOException {
        Pattern pattern = new Pattern(7);
        ByteArrayOutputStream next = new ByteArrayOutputStream();
        ByteBuffer bytes = ByteBuffer.wrap(bytes(pattern, 70_000, 1 << 20));
        WritableByteChannel check = pattern.check(Channels.newChannel(next));
        while (bytes.hasRemaining()) {
            check.write(bytes);
        }
        assertThat(next.toByteArray()).isEqualTo(bytes.array());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1, 257})
    void otherPeriodsAreNone(int period) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Pattern(period));
    }
}
