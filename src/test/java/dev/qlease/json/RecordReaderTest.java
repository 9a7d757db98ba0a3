package dev.qlease.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordReaderTest {
    private enum Colour {
        RED,
        GREEN
    }

    private record Id(String text) implements Text {
        Id {
            if (!text.startsWith("id-")) {
                throw new IllegalArgumentException(text + " is no id");
            }
        }
    }

    private sealed interface Way {}

    private record Back() implements Way {}

    private record Forth(int stepCount) implements Way {}

    private record Inner(int number, boolean flag) {}

    private record Whole(
            Id id,
            String name,
            int small,
            long wide,
            boolean flag,
            Colour colour,
            Instant at,
            Optional<String> note,
            OptionalInt someInt,
            OptionalLong someLong,
            List<String> names,
            List<Way> ways,
            Inner inner) {}

    private static Whole whole(String name, int small, long wide, boolean flag, List<String> names) {
        return new Whole(
                new Id("id-" + name),
                name,
                small,
                wide,
                flag,
                flag ? Colour.RED : Colour.GREEN,
                Instant.ofEpochSecond(small),
                flag ? Optional.of(name) : Optional.empty(),
                flag ? OptionalInt.of(small) : OptionalInt.empty(),
                flag ? OptionalLong.empty() : OptionalLong.of(wide),
                names,
                flag ? List.of(new Back(), new Forth(small)) : List.of(),
                new Inner(small, flag));
    }

    @Property
    void whatWasWrittenIsRead(
            @ForAll String name, @ForAll int small, @ForAll long wide, @ForAll boolean flag, @ForAll List<String> names)
            throws IOException {
        Whole value = whole(name, small, wide, flag, names);
        assertThat(RecordReader.read(Whole.class, RecordWriter.text(value))).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"small\" : 7                  | \"small\" : \"7\"         | member small is 7, which is not a number",
                "\"small\" : 7                  | \"small\" : 2147483648    | member small is 2147483648, which is out of range",
                "\"small\" : 7                  | \"small\" : 7.0           | unexpected 7.0 at line",
                "\"small\" : 7                  | \"small\" : null          | unexpected null at line",
                "\"small\" : 7                  | \"small\" : 7, \"x\" : 1  | member x is unknown",
                "\"small\" : 7                  | \"small\" : 7, \"small\" : 7 | Duplicate field 'small'",
                "\"small\" : 7,                 |                           | member small is missing",
                "\"wide\" : 9                   | \"wide\" : 18446744073709551616 | member wide is 18446744073709551616, which is out of range",
                "\"wide\" : 9                   | \"wide\" : -9223372036854775809 | member wide is -9223372036854775809, which is out of range",
                "\"flag\" : true,               | \"flag\" : 1,             | member flag is 1, which is not true or false",
                "\"colour\" : \"RED\"           | \"colour\" : \"red\"      | member colour is red, which is not a Colour",
                "\"step-count\" : 7             | \"step-count\" : true     | member ways[1].step-count is true, which is not a number",
                "\"way\" : \"Back\"             | \"way\" : \"Sideways\"    | member ways[0].way is Sideways, which is not a known kind",
                "\"id\" : \"id-n\"              | \"id\" : \"n\"            | member id: n is no id",
                "\"at\" : \"1970-01-01T00:00:07Z\" | \"at\" : \"today\"     | member at is today, which is not a time",
                "\"number\" : 7                 | \"number\" : [7]          | member inner.number is [7], which is not a number",
                "\"names\" : [ ]                | \"names\" : \"a\"         | member names is a, which is not a list",
            })
    void aMemberThatIsWrongIsNamed(String part, String instead, String sentence) {
        String text = RecordWriter.text(whole("n", 7, 9, true, List.of()));
        assertThat(text).contains(part);
        String changed = text.replace(part, instead == null ? "" : instead);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> RecordReader.read(Whole.class, changed))
                .withMessageContaining(sentence);
    }

    @Test
    void aTextThatEndsEarlyOrGoesOnIsRefused() {
        String text = RecordWriter.text(whole("n", 7, 9, true, List.of("a")));
        for (int end = 0; end < text.lastIndexOf('}'); end++) {
            String cut = text.substring(0, end);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> RecordReader.read(Whole.class, cut));
        }
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> RecordReader.read(Whole.class, text + "1"))
                .withMessageContaining("unexpected text after its end");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> RecordReader.read(Whole.class, "[]"))
                .withMessageContaining("not an object");
    }

    @Test
    void whatHasNoSignIsReadAsItIsWritten() throws IOException {
        Whole value = whole("n", 7, -1, false, List.of());
        String text = RecordWriter.text(value);
        assertThat(text).contains("\"wide\" : 18446744073709551615");
        assertThat(RecordReader.read(Whole.class, text)).isEqualTo(value);
    }
}
