package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a command line that was run in this process has printed, and its exit code. */
record Ran(ExitCode exitCode, String out, String err) {
    static Ran of(List<String> args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, err)).run(args.toArray(String[]::new));
        return new Ran(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Checks that nothing but one sentence was printed, to standard error, and returns it. */
    String sentence() {
        assertThat(out).isEmpty();
        assertThat(err).startsWith("qlease: ").endsWith("\n");
        assertThat(err.lines()).hasSize(1);
        return err.substring("qlease: ".length(), err.length() - 1);
    }

    /** Checks that nothing but one error was printed, as JSON to standard error, and returns its sentence. */
    String jsonSentence() throws IOException {
        assertThat(out).isEmpty();
        String sentence = "";
        int exit = -1;
        try (JsonParser json = new JsonFactory().createParser(err)) {
            assertThat(json.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                json.nextToken();
                switch (name) {
                    case "error" -> sentence = json.getText();
                    case "exit" -> exit = json.getIntValue();
                    default -> assertThat(name).isEqualTo("errno");
                }
            }
            assertThat(json.nextToken()).isNull();
        }
        assertThat(exit).isEqualTo(exitCode.number());
        return sentence;
    }
}
