package dev.qlease.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.CommandLines;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.dmabuf.DmaBufProvider;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the options of {@code qlease send} mean. */
class SendRequestTest {
    private static SendRequest request(String... options) {
        List<String> all = new ArrayList<>(List.of("send", "--dev", "nk1", "--to", "192.0.2.1:80"));
        all.addAll(List.of(options));
        return SendRequest.of(CommandLines.parse(all.toArray(String[]::new)));
    }

    private static String refused(String... options) {
        return refusedLine(() -> request(options));
    }

    private static String refusedLine(Runnable parsing) {
        try {
            parsing.run();
        } catch (CommandException e) {
            assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE);
            return Failure.message(e);
        }
        throw new AssertionError("it was accepted");
    }

    @Test
    void theDeviceAndThePeerAreNeeded() {
        assertThat(refusedLine(() -> SendRequest.of(CommandLines.parse("send", "--to", "192.0.2.1:80"))))
                .startsWith("send needs --dev DEV");
        assertThat(refusedLine(() -> SendRequest.of(CommandLines.parse("send", "--dev", "nk1"))))
                .startsWith("send needs --to ADDR:PORT");
        assertThat(refusedLine(() -> SendRequest.of(CommandLines.parse("send", "--dev", "", "--to", "192.0.2.1:80"))))
                .startsWith("send needs --dev DEV");
    }

    @Test
    void aDashOrNothingIsStandardInput() {
        assertThat(request().file()).isEmpty();
        assertThat(request("-").file()).isEmpty();
        assertThat(request("--", "-x").file()).hasValue(Path.of("-x"));
    }

    @Test
    void anAddressStandsBeforeItsPort() {
        InetSocketAddress v4 = Addresses.ofDevice(Option.TO, "192.0.2.1:65535");
        assertThat(v4.getAddress()).isInstanceOf(Inet4Address.class);
        assertThat(v4.getPort()).isEqualTo(65535);
        InetSocketAddress v6 = Addresses.ofDevice(Option.TO, "[2001:db8::1]:1");
        assertThat(v6.getAddress()).isInstanceOf(Inet6Address.class);
        assertThat(v6.getPort()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2001:db8::1:80    | --to 2001:db8::1:80: an IPv6 address is written in brackets",
                "[192.0.2.1]:80    | --to [192.0.2.1]:80: only an IPv6 address is written in brackets",
                "192.0.2.1         | --to 192.0.2.1: not an address and a port",
                "[2001:db8::1]     | --to [2001:db8::1]: an IPv6 address is written in brackets",
                "example.org:80    | --to example.org:80: not an address and a port, such as 192.0.2.1:80",
                ":80               | --to :80: not an address and a port",
                "192.0.2.256:80    | --to 192.0.2.256:80: not an address and a port",
                "192.0.2.1:        | --to 192.0.2.1:: a port is 1 to 65535, not \"\"",
                "192.0.2.1:0       | --to 192.0.2.1:0: a port is 1 to 65535, not \"0\"",
                "192.0.2.1:65536   | --to 192.0.2.1:65536: a port is 1 to 65535, not \"65536\"",
                "192.0.2.1:+80     | --to 192.0.2.1:+80: a port is 1 to 65535, not \"+80\"",
                "[::1%eth0]:80     | --to [::1%eth0]:80: not an address and a port"
            })
    void whatIsNoAddressIsRefused(String text, String sentence) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> Addresses.ofDevice(Option.TO, text))
                .withMessageStartingWith(sentence)
                .matches(e -> e.exitCode() == ExitCode.USAGE);
    }

    @Test
    void withoutSizesThereAreSixteenRegionsOf256K() {
        assertThat(request().bytes()).isEqualTo(4 << 20);
        assertThat(request().chunk(4 << 20)).isEqualTo(256 << 10);
    }

    @Test
    void theDmaBufIsMadeToHoldSomeChunks() {
        assertThat(request("--chunk", "2M").bytes()).isEqualTo(8 << 20);
        assertThat(request("--chunk", "1").bytes()).isEqualTo(4 << 20);
    }

    @Test
    void theChunkIsMadeToFitIntoASmallDmaBuf() {
        SendRequest small = request("--size", "8K");
        assertThat(small.bytes()).isEqualTo(8192);
        assertThat(small.chunk(8192)).isEqualTo(2048);
        assertThat(request("--size", "1").chunk(1)).isEqualTo(1);
    }

    @Test
    void aChunkLargerThanTheDmaBufIsRefused() {
        assertThat(refused("--size", "64K", "--chunk", "65537"))
                .isEqualTo("a --chunk of 65537 bytes does not fit into a --size of 64K:"
                        + " make the chunk smaller or the size larger");
        assertThat(request("--size", "64K", "--chunk", "64K").chunk(65536)).isEqualTo(65536);
        assertThat(refused("--chunk", "1025M"))
                .isEqualTo("--chunk is 1 byte to 1G, in bytes or with K, M or G such as 64K, not \"1025M\"");
    }

    @Test
    void theTimeoutIs30SecondsUnlessGiven() {
        assertThat(request().timeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(request("--timeout", "0.5").timeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(refused("--timeout", "soon"))
                .isEqualTo("--timeout is 0.000000001 to 9223372036 seconds, such as 2 or 0.5, not \"soon\"");
    }

    @ParameterizedTest
    @CsvSource({
        "udmabuf, udmabuf",
        "udmabuf:huge, udmabuf of huge pages",
        "dma-heap, dma-heap system",
        "dma-heap:default_cma_region, dma-heap default_cma_region",
        "drm, drm",
        "drm:/dev/dri/card1, drm /dev/dri/card1",
        "cuda, cuda",
        "hip, hip"
    })
    void memoryIsNamedByItsProvider(String memory, String provider) {
        assertThat(request("--memory", memory).memory().providers())
                .extracting(DmaBufProvider::name)
                .containsExactly(provider);
    }

    @Test
    void memoryIsChosenAmongAllUnlessNamed() {
        assertThat(request().memory().providers()).hasSizeGreaterThan(3);
        assertThat(request("--memory", "auto").memory().providers())
                .last()
                .extracting(DmaBufProvider::name)
                .isEqualTo("udmabuf");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "gpu",
                "udmabuf:",
                "udmabuf:small",
                "cuda:0",
                "auto:x",
                "dma-heap:",
                "dma-heap:../x",
                "fd:",
                "fd:x",
                "fd:-1",
                "fd"
            })
    void memoryThatThereIsNotIsRefused(String memory) {
        assertThat(refused("--memory", memory))
                .startsWith("--memory: device memory is auto, udmabuf,")
                .endsWith("not \"" + memory + "\"");
    }

    @Test
    void aZoneIsTakenWhereItIsTheDevice() {
        assertThat(Addresses.ofDevice(Option.TO, "[fe80::1%eth0]:80", "eth0"))
                .isEqualTo(Addresses.ofDevice(Option.TO, "[fe80::1]:80"));
        for (String text : new String[] {"[fe80::1%eth1]:80", "[fe80::1%]:80", "[fe80::1%eth0%eth0]:80"}) {
            assertThatExceptionOfType(CommandException.class)
                    .isThrownBy(() -> Addresses.ofDevice(Option.TO, text, "eth0"))
                    .withMessage("--to " + text + ": an address's zone is always the device of --dev: omit it");
        }
    }

    @Test
    void whatOtherProgramsReadOtherwiseIsRefused() {
        for (String text : new String[] {"010.0.0.1:80", "10.00.0.1:80", "10.0.0.01:80", "[::ffff:10.0.0.010]:80"}) {
            assertThatExceptionOfType(CommandException.class)
                    .as(text)
                    .isThrownBy(() -> Addresses.ofDevice(Option.TO, text));
        }
        assertThat(Addresses.ofDevice(Option.TO, "10.0.0.1:80").getPort()).isEqualTo(80);
        assertThat(Addresses.ofDevice(Option.TO, "[2001:0db8::0001]:80").getPort())
                .isEqualTo(80);
    }

    @Test
    void aDescriptorHasToBeADmaBufs() {
        assertThat(refused("--memory", "fd:0")).startsWith("--memory: fd:0: descriptor 0 is not a dma-buf but ");
        assertThat(refused("--memory", "fd:999999"))
                .isEqualTo("--memory: fd:999999: no file is open as 999999:"
                        + " the parent process hands one in, without close-on-exec");
    }
}
