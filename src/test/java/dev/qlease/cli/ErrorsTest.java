package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Errors of Java's own that end a command. */
class ErrorsTest {
    private static final class Failing extends OutputStream {
        private final Error error;

        Failing(Error error) {
            this.error = error;
        }

        @Override
        public void write(int b) {
            throw error;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            throw error;
        }
    }

    private static String run(Error error, String... args) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(new Failing(error), err)).run(args);
        assertThat(exitCode).isEqualTo(ExitCode.FAILED);
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void anErrorIsASentenceOrAJsonObject() {
        for (Error error : List.of(new OutOfMemoryError("Java heap space"), new StackOverflowError())) {
            String sentence = run(error, "--version");
            assertThat(sentence).startsWith("qlease: this ").doesNotContain("\tat ", "internal error");
            assertThat(sentence.lines()).hasSize(1);
            assertThat(run(error, "--version", "--json"))
                    .startsWith("{\"error\":\"this ")
                    .endsWith(",\"exit\":1}\n");
        }
    }
}
