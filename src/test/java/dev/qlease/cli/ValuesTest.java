package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {
    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "x", "NaN", "1e300"})
    void aTimeIsSecondsAndMoreThanNone(String seconds) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> Values.duration(Option.DURATION, seconds))
                .withMessageStartingWith("--duration is ")
                .matches(e -> e.exitCode() == ExitCode.USAGE);
    }

    @Test
    void aTimeCanHaveAFraction() {
        assertThat(Values.duration(Option.DURATION, "1.5").orElseThrow()).hasMillis(1500);
        assertThat(Values.duration(Option.DURATION, null)).isEmpty();
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
                .withMessage("--size is bytes, or K, M or G of them such as 64K, not \"" + text + "\"")
                .matches(e -> e.exitCode() == ExitCode.USAGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "0K", "2049", "3K", "99999999999999999999", "99999999999G"})
    void aSizeOutsideOfWhatIsAllowedNamesThat(String text) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> Values.size(Option.CHUNK, text, 1, 2048))
                .withMessage("--chunk is 1 bytes to 2K, not " + text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 bytes", "1000, 1000 bytes", "1024, 1K", "1536, 1536 bytes", "3145728, 3M", "1099511627776, 1024G"
    })
    void aSizeIsShownAsItWouldBeGiven(long bytes, String text) {
        assertThat(Values.text(bytes)).isEqualTo(text);
    }
}
