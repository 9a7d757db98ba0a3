package dev.qlease.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.args.CommandLines;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchRequestTest {
    private static BenchRequest request(String... options) {
        List<String> all = new ArrayList<>(List.of("bench", "--dev", "nk1", "--to", "192.0.2.1:80"));
        all.addAll(List.of(options));
        return BenchRequest.of(CommandLines.parse(all.toArray(String[]::new)));
    }

    @Test
    void bothDirectionsAreMeasuredWithThreeSizesByDefault() {
        BenchRequest request = request();
        assertThat(request.directions()).containsExactly(Direction.SEND, Direction.RECEIVE);
        assertThat(request.chunks()).containsExactly(64 << 10, 256 << 10, 1 << 20);
        assertThat(request.bytes()).isEqualTo(1L << 30);
        assertThat(request.turns()).isEqualTo(3);
        assertThat(request.timeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(request.format()).isEqualTo(BenchRequest.Format.TABLE);
        assertThat(request.sendBytes()).isEqualTo(4 << 20);
        assertThat(request.receiveBytes()).isGreaterThanOrEqualTo(32 << 20);
        assertThat(request.from()).isEmpty();
    }

    @Test
    void optionsAreTakenAsGiven() {
        BenchRequest request = request(
                "--only=receive",
                "--from=192.0.2.9:7",
                "--queue=3,4",
                "--chunk=4K,1",
                "--chunk=2M",
                "--bytes=3M",
                "--turns=1",
                "--timeout=0.5",
                "--csv",
                "--plot=a.svg");
        assertThat(request.directions()).containsExactly(Direction.RECEIVE);
        assertThat(request.from().orElseThrow().getPort()).isEqualTo(7);
        assertThat(request.queues()).containsExactly(3, 4);
        assertThat(request.chunks()).containsExactly(4096, 1, 2 << 20);
        assertThat(request.bytes()).isEqualTo(3 << 20);
        assertThat(request.turns()).isEqualTo(1);
        assertThat(request.timeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(request.format()).isEqualTo(BenchRequest.Format.CSV);
        assertThat(request.plot()).hasValue(Path.of("a.svg"));
        assertThat(request.sendBytes()).isEqualTo(8 << 20);
        assertThat(request("--size=2M").sendBytes()).isEqualTo(2 << 20);
        assertThat(request("--size=2M").receiveBytes()).isEqualTo(2 << 20);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --chunk=0               | --chunk is 1 byte to 1G, in bytes or with K, M or G such as 64K, not "0"
                    --chunk=                | --chunk is 1 byte to 1G
                    --chunk=64K,            | --chunk is 1 byte to 1G
                    --chunk=2G              | --chunk is 1 byte to 1G
                    --chunk=fast            | --chunk is 1 byte to 1G
                    --chunk=64K,65536       | --chunk names a size twice: 64K,65536
                    --size=512K             | a --chunk of 1M does not fit into a --size of 512K: make the chunk smaller
                    --bytes=1000K           | a --chunk of 1M does not fit into a --bytes of 1000K
                    --bytes=2000G           | --bytes is 1 byte to 1024G
                    --turns=0               | --turns is a number from 1 to 1000, not "0"
                    --turns=x               | --turns is a number from 1 to 1000, not "x"
                    --timeout=0             | --timeout is 0.000000001 to
                    --only=both             | --only is send or receive, not "both"
                    --from=[2001:db8::1]:7  | --from [2001:db8::1]:7 and --to 192.0.2.1:80: both are IPv4
                    --from=192.0.2.1        | --from 192.0.2.1: not an address and a port
                    --queue=3,3             | --queue names a queue twice: [3, 3]; see qlease bench --help
                    --memory=tape           | --memory: device memory is auto,
                    """)
    void whatIsInvalidIsAUsageError(String option, String sentence) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> request(option))
                .withMessageStartingWith(sentence)
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE));
    }

    @Test
    void oneFormatIsPrinted() {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> request("--csv", "--json"))
                .withMessage("--csv and --json: give one of them");
    }

    @Test
    void tooManySizesAreRefused() {
        List<String> sizes = new ArrayList<>();
        for (int i = 1; i <= 65; i++) {
            sizes.add(Integer.toString(i));
        }
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> request("--chunk", String.join(",", sizes)))
                .withMessage("--chunk takes at most 64 sizes, not 65");
    }
}
