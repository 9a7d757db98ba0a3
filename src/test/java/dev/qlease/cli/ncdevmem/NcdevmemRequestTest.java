package dev.qlease.cli.ncdevmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.Qlease;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.linux.sys.Memory;
import dev.qlease.netlink.IpAddress;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the letters of {@code qlease ncdevmem} mean. */
class NcdevmemRequestTest {
    private static NcdevmemRequest request(String letters) {
        return NcdevmemRequest.parse(letters.isEmpty() ? List.of() : List.of(letters.split(" ")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "nothing", textBlock = """
                    -l -s ::1 -p 80             | missing -f DEV
                    -f e0 -l                    | -l requires -s ADDR and -p PORT
                    -f e0 -l -p 80 -c ::1       | missing -s ADDR
                    -f e0 -s ::1                | missing -p PORT
                    -f e0 -s ::1 -p 0           | -p is a number from 1 to 65535, not "0"
                    -f e0 -s ::1 -p http        | -p is a number from 1 to 65535, not "http"
                    -f e0 -s localhost -p 80    | -s is an IPv4 or IPv6 address, not "localhost"
                    -f e0 -t 1                  | -t and -q require each other
                    -f e0 -t 1 -q 0             | -q is a number from 1 to 65534, not "0"
                    -f e0 -v 1                  | -v is 2 to 256, or 0 for no pattern, not 1
                    -f e0 -v 257                | -v is a number from 0 to 256, not "257"
                    -f e0 -b 196608             | -b is a power of two from PAGE to 1073741824, or 0 for a page
                    -f e0 -b 99999999999        | -b is a number from 0 to 1073741824, not "99999999999"
                    -f e0 -x                    | ncdevmem has no option -x
                    -f e0 -lx                   | ncdevmem has no option -x
                    -f e0 -p                    | -p needs a value: -p PORT
                    -f e0 file                  | unexpected argument "file"
                    """)
    void whatMakesNoSenseIsWrongUsage(String letters, String sentence) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> request(letters))
                .withMessageStartingWith(sentence.replace("PAGE", Long.toString(Memory.pageSize())))
                .satisfies(e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE));
    }

    @Test
    void lettersAreReadAsTheSelftestsGiveThem() {
        int larger = 4 * (int) Memory.pageSize();
        NcdevmemRequest listener =
                request("-l -f qnic0 -s 2001:db8:1::1 -p 10000 -c 2001:db8:1::2 -v 7 -L -b " + larger);
        assertThat(listener.ifname()).isEqualTo("qnic0");
        assertThat(listener.listen()).isTrue();
        assertThat(listener.server()).hasValue(IpAddress.parse("2001:db8:1::1"));
        assertThat(listener.client()).hasValue(IpAddress.parse("2001:db8:1::2"));
        assertThat(listener.port()).isEqualTo(10000);
        assertThat(listener.pattern()).hasValue(7);
        assertThat(listener.failOnLinear()).isTrue();
        assertThat(listener.rxPageSize()).hasValue(larger);
        assertThat(listener.largePieces()).isTrue();
        assertThat(listener.keepConfig()).isFalse();
        assertThat(listener.queues()).isEmpty();

        NcdevmemRequest sender = request("-f nk1 -s 192.0.2.2 -p 10000 -t 0 -q 1 -n -z 3");
        assertThat(sender.listen()).isFalse();
        assertThat(sender.queues()).hasValue(new NcdevmemRequest.Range(0, 1));
        assertThat(sender.keepConfig()).isTrue();
        assertThat(sender.pieceSize()).hasValue(3);
        assertThat(sender.largePieces()).isFalse();

        assertThat(request("-f qnic0").server()).isEmpty();
    }

    @Test
    void lettersMayStandTogetherAndBeforeTheirValues() {
        NcdevmemRequest request = request("-lnLfe0 -s::1 -p80");
        assertThat(request.listen()).isTrue();
        assertThat(request.keepConfig()).isTrue();
        assertThat(request.failOnLinear()).isTrue();
        assertThat(request.ifname()).isEqualTo("e0");
        assertThat(request.port()).isEqualTo(80);
    }

    @Test
    void zeroSwitchesPatternPieceAndPageSizeOff() {
        NcdevmemRequest request = request("-f e0 -v 0 -z 0 -b 0");
        assertThat(request.pattern()).isEmpty();
        assertThat(request.pieceSize()).isEmpty();
        assertThat(request.rxPageSize()).isEmpty();
    }

    @Test
    void anIpv4AddressInTheFormOfAnIpv6OneIsThat() {
        assertThat(request("-f e0 -s ::ffff:192.0.2.1 -p 80").server()).hasValue(IpAddress.parse("192.0.2.1"));
    }

    @Test
    void theHelpNamesEveryLetter() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, out)).run("ncdevmem", "-h");
        assertThat(exitCode).isEqualTo(ExitCode.DONE);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("Usage: qlease ncdevmem -f DEV")
                .contains("-l ", "-s  ADDR", "-p  PORT", "-c  ADDR", "-t  QUEUE", "-q  N", "-n ", "-v  N", "-L ")
                .contains("-b  BYTES", "-z  BYTES", "-h, --help");
        assertThat(NcdevmemRequest.parse(List.of("--help")).help()).isTrue();
    }

    @Test
    void badLettersAreToldOfInOneSentence() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(new ByteArrayOutputStream(), err)).run("ncdevmem", "-k");
        assertThat(exitCode).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("qlease: ncdevmem has no option -k; see qlease ncdevmem --help\n");
    }
}
