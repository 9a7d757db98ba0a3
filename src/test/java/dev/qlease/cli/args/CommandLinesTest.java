package dev.qlease.cli.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandLinesTest {
    @Test
    void optionsStandAnywhereAndTakeTheirValuesEitherWay() {
        Arguments arguments = CommandLines.parse("queues", "--json", "eth0", "--netns", "blue");
        assertThat(arguments.command()).hasValue(Command.QUEUES);
        assertThat(arguments.argument()).hasValue("eth0");
        assertThat(arguments.has(Option.JSON)).isTrue();
        assertThat(arguments.value(Option.NETNS)).isEqualTo("blue");
        assertThat(CommandLines.parse("-j", "queues", "-n", "blue", "eth0")).isEqualTo(arguments);
        assertThat(CommandLines.parse("queues", "--netns=blue", "-j", "--", "eth0"))
                .isEqualTo(arguments);
    }

    @Test
    void whatStandsAfterTwoDashesIsNoOption() {
        assertThat(CommandLines.parse("queues", "--", "--json").argument()).hasValue("--json");
    }

    @Test
    void whatIsGivenAgainCountsLastAndListsGrow() {
        Arguments arguments = CommandLines.parse(
                "lease", "create", "-n", "red", "--netns=blue", "--queue", "3,2", "--queue=7", "--rx-ring", "-3");
        assertThat(arguments.command()).hasValue(Command.LEASE_CREATE);
        assertThat(arguments.value(Option.NETNS)).isEqualTo("blue");
        assertThat(arguments.values(Option.QUEUE)).containsExactly("3", "2", "7");
        assertThat(arguments.value(Option.RX_RING)).isEqualTo("-3");
    }

    @Test
    void noPartOfAListIsLost() {
        assertThat(CommandLines.parse("receive", "--queue", "1,", "--queue=,").values(Option.QUEUE))
                .containsExactly("1", "", "", "");
    }

    @Test
    void valuesCanBeCalledLikeCommandsAndOptions() {
        assertThat(CommandLines.parse("-n", "links", "queues").value(Option.NETNS))
                .isEqualTo("links");
        assertThat(CommandLines.parse("--netns=queues", "queues", "links").value(Option.NETNS))
                .isEqualTo("queues");
        assertThat(CommandLines.parse("lease", "-n", "show", "list").command()).hasValue(Command.LEASE_LIST);
        assertThat(CommandLines.parse("receive", "--out=-notes").value(Option.OUT))
                .isEqualTo("-notes");
        assertThat(CommandLines.parse("queues", "@pom.xml").argument()).hasValue("@pom.xml");
    }

    @Test
    void theFirstWordOfCommandsThatHaveTwoHasHelp() {
        assertThat(CommandLines.parse("lease", "--help").command()).hasValue(Command.LEASE);
    }

    @Test
    void helpAndVersionNeedNoCommand() {
        assertThat(CommandLines.parse("--help").command()).isEmpty();
        assertThat(CommandLines.parse("-V").has(Option.VERSION)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                     | unknown command \"\"; see qlease --help",
                "que                    | unknown command \"que\" (did you mean queues?); see qlease --help",
                "link lo                | unknown command \"link\" (did you mean links?); see qlease --help",
                "queues --jsno          | queues has no option --jsno (did you mean --json?); see qlease queues --help",
                "queues -x              | queues has no option -x; see qlease queues --help",
                "queues -jn             | queues has no option -jn; see qlease queues --help",
                "--jsno queues          | unknown option --jsno (did you mean --json?); see qlease --help",
                "lease list --size=4K   | lease list has no option --size; see qlease lease list --help",
                "lease                  | missing command after lease: create, list, show, verify or delete; see qlease lease --help",
                "lease frob             | unknown command \"frob\"; see qlease lease --help",
                "lease queues           | unknown command \"queues\"; see qlease lease --help",
                "que links              | unknown command \"que\" (did you mean queues?); see qlease --help",
                "-- queues              | unknown command \"queues\"; see qlease --help",
                "queues --stats         | queues has no option --stats; see qlease queues --help",
                "--stats queues         | unknown option --stats; see qlease --help",
                "queues a b             | unexpected argument \"b\"; see qlease queues --help",
                "monitor eth0           | unexpected argument \"eth0\"; see qlease monitor --help",
                "queues --netns         | --netns needs a value: --netns NETNS; see qlease queues --help",
                "queues --json=yes      | option '--json' should be specified without 'yes' parameter; see qlease queues --help",
                "--json                 | missing command; see qlease --help"
            })
    void whatMakesNoSenseIsSaid(String commandLine, String sentence) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> CommandLines.parse(commandLine.split(" ", -1)))
                .withMessage(sentence)
                .matches(e -> e.exitCode() == ExitCode.USAGE);
    }

    @Test
    void nothingAtAllLacksACommand() {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(CommandLines::parse)
                .withMessage("missing command; see qlease --help");
    }
}
