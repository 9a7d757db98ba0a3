package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RawArgumentsTest {
    private static byte[] line(String line) {
        return line.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void argumentsAreTheLastOfTheCommandLine() {
        assertThat(RawArguments.of(line("java\0-m\0main\0links\0x\u00ff\0\0"), "links", "x\ufffd", ""))
                .containsExactly("links", "x\udcff", "");
        assertThat(RawArguments.of(line("java\0\u00c3\u00a9\0"), "\ufffd\ufffd"))
                .containsExactly("\u00e9");
    }

    @Test
    void theyStayWhereThereIsNoSuchCommandLine() {
        assertThat(RawArguments.of(line(""), "x\ufffd")).containsExactly("x\ufffd");
        assertThat(RawArguments.of("links", "caf\u00e9")).containsExactly("links", "caf\u00e9");
    }
}
