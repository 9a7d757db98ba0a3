package dev.qlease.cli.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.metrics.MetricsServer;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsCommandTest {
    @Test
    void anAddressThatIsTakenIsOneSentence() {
        try (MetricsServer server = MetricsCommand.start(MetricsCommand.address("0"), MetricSnapshots::new)) {
            int port = server.address().getPort();
            assertThatExceptionOfType(CommandException.class)
                    .isThrownBy(() ->
                            MetricsCommand.start(MetricsCommand.address(Integer.toString(port)), MetricSnapshots::new))
                    .withMessage("listening on 127.0.0.1:" + port + ": Address already in use; another socket is"
                            + " listening there: choose another port, or 0 for a free one")
                    .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.FAILED));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "9150,127.0.0.1,9150",
        "0,127.0.0.1,0",
        "192.0.2.1:80,192.0.2.1,80",
        "[::1]:0,::1,0",
        "[::]:65535,::,65535"
    })
    void aPortAloneIsThatOfTheLoopbackAddress(String text, String address, int port) {
        assertThat(MetricsCommand.address(text)).isEqualTo(new InetSocketAddress(InetAddress.ofLiteral(address), port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                ":80",
                "65536",
                "99999999999",
                "-1",
                "localhost:80",
                "::1:80",
                "[192.0.2.1]:80",
                "1.2.3.4",
                "[::1]",
                "1.2.3.4:x",
                "9150 "
            })
    void anythingElseIsRefused(String text) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> MetricsCommand.address(text))
                .withMessageStartingWith("--listen " + text + ": ")
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE));
    }

    @Test
    void theUrlOfAnIpv6AddressHasBrackets() {
        try (MetricsServer server = MetricsCommand.start(MetricsCommand.address("[::1]:0"), MetricSnapshots::new)) {
            assertThat(MetricsCommand.url(server)).matches("http://\\[::1]:\\d+/metrics");
        }
    }
}
