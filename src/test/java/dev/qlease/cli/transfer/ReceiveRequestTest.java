package dev.qlease.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.args.CommandLines;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.dmabuf.DmaBufProvider;
import dev.qlease.linux.sys.Memory;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the options of {@code qlease receive} mean. */
class ReceiveRequestTest {
    private static ReceiveRequest request(String... options) {
        List<String> all = new ArrayList<>(List.of("receive", "--dev", "nk1", "--listen", "192.0.2.1:80"));
        all.addAll(List.of(options));
        return ReceiveRequest.of(CommandLines.parse(all.toArray(String[]::new)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --queue=x               | --queue is a number from 0 to 65534, not "x"
                    --queue=1,1             | --queue names a queue twice: [1, 1]
                    --rx-page-size=100000   | --rx-page-size is a power of two from PAGE to 1G, not "100000"
                    --rx-page-size=1K       | --rx-page-size is PAGE to 1G, in bytes or
                    --memory=tape           | --memory: device memory is auto,
                    --listen=example.org:80 | --listen example.org:80: not an address and a port
                    --listen=192.0.2.1:0    | --listen 192.0.2.1:0: a port is 1 to 65535
                    --verify=1              | --verify is the length of the pattern, 2 to 256 bytes, not "1"
                    --verify=abc            | --verify is the length of the pattern, 2 to 256 bytes, not "abc"
                    --chunk=4K              | receive has no option --chunk
                    FILE                    | unexpected argument "FILE"
                    """)
    void whatMakesNoSenseIsWrongUsage(String option, String sentence) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> request(option))
                .withMessageStartingWith(sentence.replace("PAGE", Values.text(Memory.pageSize())))
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE));
    }

    @Test
    void theDeviceAndTheAddressAreNeeded() {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> ReceiveRequest.of(CommandLines.parse("receive", "--dev", "nk1")))
                .withMessageStartingWith("receive needs --listen ADDR:PORT");
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> ReceiveRequest.of(CommandLines.parse("receive", "--listen", "[::]:80")))
                .withMessageStartingWith("receive needs --dev DEV");
    }

    @Test
    void whatIsLeftOutHasASensibleValue() {
        ReceiveRequest request = request();
        assertThat(request.listen()).isEqualTo(new InetSocketAddress("192.0.2.1", 80));
        assertThat(request.queues()).isEmpty();
        assertThat(request.out()).isEmpty();
        assertThat(request.discards()).isFalse();
        assertThat(request.bytes()).isEqualTo(32 << 20);
        assertThat(request.rxPageSize()).isEmpty();
        assertThat(request.memory().providers()).hasSizeGreaterThan(1);
        assertThat(request.patience()).isGreaterThan(Duration.ofDays(365));
    }

    @Test
    void optionsAreTaken() {
        ReceiveRequest request =
                request("--queue", "1,2", "--queue", "5", "--out", "/dev/null", "--size=1M", "--timeout=3");
        assertThat(request.queues()).containsExactly(1, 2, 5);
        assertThat(request.discards()).isTrue();
        assertThat(request.bytes()).isEqualTo(1 << 20);
        assertThat(request.patience()).isEqualTo(Duration.ofSeconds(3));
        assertThat(request("--out", "-").out()).isEmpty();
        assertThat(request("--out", "x").out()).hasValue(Path.of("x"));
    }

    @Test
    void whatIsVerifiedIsWrittenOnlyIfThatIsAskedFor() {
        assertThat(request("--verify=7").verify()).hasValue(7);
        assertThat(request("--verify=7").out()).hasValue(Path.of("/dev/null"));
        assertThat(request("--verify=7", "--out=-").out()).isEmpty();
        assertThat(request("--verify=7", "--out=x").out()).hasValue(Path.of("x"));
    }

    @Test
    void piecesLargerThanAPageAreOfHugePages() {
        String larger = "--rx-page-size=" + 4 * Memory.pageSize();
        assertThat(request(larger).memory().providers())
                .extracting(DmaBufProvider::name)
                .containsExactly("udmabuf of huge pages");
        assertThat(request(larger).rxPageSize()).hasValue(4 * (int) Memory.pageSize());
        assertThat(request(larger, "--memory=cuda").memory().providers())
                .extracting(DmaBufProvider::name)
                .containsExactly("cuda");
        assertThat(request("--rx-page-size=" + Memory.pageSize()).memory().providers())
                .hasSizeGreaterThan(1);
    }
}
