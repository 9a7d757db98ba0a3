package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.args.Command;
import dev.qlease.cli.args.NcdevmemOption;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.output.ExitCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every option that takes a number, of every command, with numbers that are too large, too small or none. Options are
 * taken for such unless they are known to take text, so that a new one is among them.
 */
@Timeout(60)
class NumberOptionsTest {
    private static final Set<Option> TEXT = EnumSet.of(
            Option.SORT,
            Option.NIC,
            Option.GUEST,
            Option.HOST,
            Option.ADDRESS,
            Option.ROUTE,
            Option.REDIRECT,
            Option.MODE,
            Option.DEV,
            Option.OUT,
            Option.CDI_OUT,
            Option.MEMORY,
            Option.ONLY,
            Option.PLOT,
            Option.NETNS);

    private static final Set<Option> ADDRESSES = EnumSet.of(Option.TO, Option.LISTEN, Option.SERVE, Option.FROM);

    private static final Set<NcdevmemOption> NCDEVMEM_TEXT =
            EnumSet.of(NcdevmemOption.DEV, NcdevmemOption.SERVER, NcdevmemOption.CLIENT);

    /** What none of them takes. */
    private static final List<String> NEVER =
            List.of("-1", "9223372036854775808", "99999999999999999999", "1e3", "0x10", " 1", "\uff11");

    /** What some take. */
    private static final List<String> SOMETIMES = List.of("0", "2147483648", "999999999");

    private record Numbered(List<String> command, String option, String value, boolean apart) {
        /** The command line, which is run in a namespace or for a device that does not exist. */
        List<String> line() {
            List<String> line = new ArrayList<>(command);
            line.addAll(apart ? List.of(option, value) : List.of(option + "=" + value));
            return line;
        }

        @Override
        public String toString() {
            return String.join(" ", line());
        }
    }

    private static List<String> command(Command command, Option option) {
        List<String> line = new ArrayList<>(List.of(command.text().split(" ")));
        // It takes no namespace: it runs in that of the NICs.
        line.add(command == Command.CDI_GENERATE ? "no-such-dev" : "--netns=no-such-namespace");
        switch (command) {
            case PLAN, APPLY, VERIFY -> line.add("src/test/resources/ops/none.yaml");
            case SEND -> line.addAll(List.of("/dev/null", "--dev=no-such-dev", "--to=192.0.2.1:80"));
            case RECEIVE -> line.addAll(List.of("--out=/dev/null", "--dev=no-such-dev", "--listen=192.0.2.1:80"));
            case BENCH ->
                line.addAll(option == Option.SERVE ? List.of() : List.of("--dev=no-such-dev", "--to=192.0.2.1:80"));
            case LEASE_CREATE -> line.add("--nic=no-such-dev");
            default -> {}
        }
        return line;
    }

    private static Stream<Numbered> of(List<String> values) {
        Stream<Numbered> words = Stream.of(Command.values())
                .flatMap(command -> command.options().stream()
                        .filter(option -> option.takesValue() && !TEXT.contains(option))
                        .flatMap(option -> values.stream().map(value -> {
                            return new Numbered(
                                    command(command, option),
                                    option.longName(),
                                    ADDRESSES.contains(option) ? "192.0.2.1:" + value : value,
                                    false);
                        })));
        List<String> ncdevmem =
                List.of("ncdevmem", "-f", "no-such-dev", "-s", "2001:db8::1", "-p", "80", "-t", "1", "-q", "1");
        Stream<Numbered> letters = Stream.of(NcdevmemOption.values())
                .filter(option -> option.takesValue() && !NCDEVMEM_TEXT.contains(option))
                .flatMap(option -> values.stream().map(value -> new Numbered(ncdevmem, option.letter(), value, true)));
        return Stream.concat(words, letters);
    }

    static Stream<Numbered> never() {
        return of(NEVER);
    }

    static Stream<Numbered> sometimes() {
        return of(SOMETIMES);
    }

    private static void isRefused(Numbered numbered, String sentence) {
        assertThat(sentence)
                .as(numbered.toString())
                .contains(numbered.option())
                .contains(numbered.value())
                .containsPattern("[0-9.]+[KMG]?( bytes?)? to [0-9]+");
    }

    @ParameterizedTest
    @MethodSource("never")
    void whatIsNoSuchNumberIsRefusedInOneSentence(Numbered numbered) throws IOException {
        Ran ran = Ran.of(numbered.line());
        assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.USAGE);
        isRefused(numbered, ran.sentence());
        // cdi generate has no option --json: its file is JSON.
        if (!numbered.apart() && !numbered.command().getFirst().equals("cdi")) {
            List<String> line = new ArrayList<>(numbered.line());
            line.add("--json");
            Ran json = Ran.of(line);
            assertThat(json.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(json.jsonSentence()).isEqualTo(ran.sentence());
        }
    }

    @ParameterizedTest
    @MethodSource("sometimes")
    void whatIsTakenCostsNothingUntilTheNamespaceAndTheDeviceAreThere(Numbered numbered) {
        Ran ran = Ran.of(numbered.line());
        if (ran.exitCode() == ExitCode.USAGE) {
            isRefused(numbered, ran.sentence());
        } else {
            assertThat(ran.exitCode()).as(ran.err()).isEqualTo(ExitCode.NOT_FOUND);
            assertThat(ran.sentence()).startsWith("no ").contains("\"no-such-");
        }
    }
}
