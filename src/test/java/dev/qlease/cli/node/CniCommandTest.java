package dev.qlease.cli.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the plugin prints and how it exits. */
class CniCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private ExitCode run(Map<String, String> environment, String input) {
        InputStream stream = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        return CniCommand.run(environment, stream, new Output(out, err), false);
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void anErrorIsAnObjectOnStandardOutput() {
        assertThat(run(Map.of(), "")).isEqualTo(ExitCode.USAGE);
        assertThat(printed())
                .startsWith(
                        "{\"cniVersion\":\"1.1.0\",\"code\":4,\"msg\":\"CNI_COMMAND is not set; it must be one of ADD,")
                .endsWith("}\n");
        assertThat(err.size()).isZero();
    }

    @Test
    void anErrorHasTheVersionOfTheConfiguration() {
        Map<String, String> status = Map.of("CNI_COMMAND", "STATUS");
        assertThat(run(status, "{\"cniVersion\": \"1.0.0\", \"name\": \"a\"}")).isEqualTo(ExitCode.USAGE);
        assertThat(printed())
                .startsWith("{\"cniVersion\":\"1.0.0\",\"code\":1,\"msg\":\"CNI version 1.0.0 has no STATUS");
    }

    @Test
    void aNicThatDoesNotExistMakesThePluginUnavailable() {
        Map<String, String> status = Map.of("CNI_COMMAND", "STATUS");
        assertThat(run(status, "{\"cniVersion\": \"1.1.0\", \"name\": \"a\", \"nic\": \"none-such\"}"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(printed()).contains("\"code\":50,\"msg\":\"no device \\\"none-such\\\"");
    }

    @Test
    void aVersionIsPrintedAndStandardOutputThatIsClosedIsAFailure() {
        assertThat(run(Map.of("CNI_COMMAND", "VERSION"), "{}")).isEqualTo(ExitCode.DONE);
        assertThat(printed()).startsWith("{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\"0.3.0\"");
        OutputStream closed = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        assertThat(CniCommand.run(
                        Map.of("CNI_COMMAND", "VERSION"),
                        InputStream.nullInputStream(),
                        new Output(closed, err),
                        false))
                .isEqualTo(ExitCode.FAILED);
    }
}
