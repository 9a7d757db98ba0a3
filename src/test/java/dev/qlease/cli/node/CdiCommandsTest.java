package dev.qlease.cli.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.Qlease;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is refused before a device is looked for. */
class CdiCommandsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cdi | missing command after cdi: generate or hook; see qlease cdi --help",
                "--netns x cdi generate | cdi generate has no option --netns: it runs in the namespace of the NICs",
                "cdi generate --queues 0 | --queues is a number from 1 to 4095, not \"0\"",
                "cdi generate --port 80,http | --port is a number from 1 to 65535, not \"http\"",
                "cdi generate --mode l4 | options: mode: \"l4\" is not allowed; give l2 or l3",
                "cdi generate --redirect none --address 10.0.0.1 --single | a single netkit device has no path",
                "cdi generate --address 127.0.0.1/8 | 127.0.0.1 is a loopback address",
                "cdi generate --guest a/b | a device's name has 1 to 15 letters and digits",
                "cdi hook prestart eth0 | give createRuntime DEVICE FIELDS or poststop DEVICE"
            })
    void anInvalidCommandLineIsAUsageError(String line, String sentence) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        assertThat(new Qlease(new Output(out, err)).run(line.split(" "))).isEqualTo(ExitCode.USAGE);
        assertThat(out.size()).isZero();
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("qlease: ")
                .contains(sentence)
                .hasLineCount(1);
    }
}
