package dev.qlease.cli.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "0.0",
                "-1",
                "+1",
                " 1",
                "1 ",
                "x",
                "NaN",
                "1e3",
                "1e300",
                "0x1p3",
                "1d",
                "1.",
                ".5",
                "1,5",
                "\u0661",
                "0.0000000001",
                "9223372037",
                "99999999999999999999"
            })
    void aTimeIsSecondsAndMoreThanNone(String seconds) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> Values.duration(Option.DURATION, seconds))
                .withMessage(
                        "--duration is 0.000000001 to 9223372036 seconds, such as 2 or 0.5, not \"" + seconds + "\"")
                .matches(e -> e.exitCode() == ExitCode.USAGE);
    }

    @Test
    void aTimeCanHaveAFraction() {
        assertThat(Values.duration(Option.DURATION, "1.5").orElseThrow()).hasMillis(1500);
        assertThat(Values.duration(Option.DURATION, "0.000000001").orElseThrow())
                .hasNanos(1);
        assertThat(Values.duration(Option.DURATION, "9223372036").orElseThrow()).hasSeconds(9_223_372_036L);
        assertThat(Values.duration(Option.DURATION, null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1", "65", "-2", "+2", "2.0", "99999999999", "4294967298", "\uff12", " 2", "0x2"})
    void aNumberIsOfDigitsAndInItsRange(String text) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> Values.number("-q", text, 2, 64))
                .withMessage("-q is a number from 2 to 64, not \"" + text + "\"")
                .matches(e -> e.exitCode() == ExitCode.USAGE);
        assertThat(Values.number("-q", "2", 2, 64)).isEqualTo(2);
        assertThat(Values.number("-q", "064", 2, 64)).isEqualTo(64);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "4095, 4095", "64K, 65536", "64k, 65536", "2M, 2097152", "1G, 1073741824"})
    void aSizeIsBytesOrUnitsOf1024(String text, long bytes) {
        assertThat(Values.size(Option.SIZE, text, 1, 1L << 40)).hasValue(bytes);
    }

    @Test
    void aSizeThatWasNotGivenIsNone() {
        assertThat(Values.size(Option.SIZE, null, 1, 2)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "K", "1KK", "-1", "1.5M", "0x10", "1T", "one", " 1"})
    void whatIsNoSizeIsRefused(String text) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> Values.size(Option.SIZE, text, 1, 1L << 40))
                .withMessage("--size is 1 byte to 1024G, in bytes or with K, M or G such as 64K, not \"" + text + "\"")
                .matches(e -> e.exitCode() == ExitCode.USAGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "0K", "2049", "3K", "99999999999999999999", "99999999999G"})
    void aSizeOutsideOfWhatIsAllowedNamesThat(String text) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> Values.size(Option.CHUNK, text, 1, 2048))
                .withMessage("--chunk is 1 byte to 2K, in bytes or with K, M or G such as 64K, not \"" + text + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 bytes",
        "1, 1 byte",
        "1000, 1000 bytes",
        "1024, 1K",
        "1536, 1536 bytes",
        "3145728, 3M",
        "1099511627776, 1024G"
    })
    void aSizeIsShownAsItWouldBeGiven(long bytes, String text) {
        assertThat(Values.text(bytes)).isEqualTo(text);
    }
}
