package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentsTest {
    @Test
    void optionsStandAnywhereAndTakeTheirValuesEitherWay() {
        Arguments arguments = Arguments.parse("queues", "--json", "eth0", "--netns", "blue");
        assertThat(arguments.command()).hasValue(Command.QUEUES);
        assertThat(arguments.argument()).hasValue("eth0");
        assertThat(arguments.has(Option.JSON)).isTrue();
        assertThat(arguments.value(Option.NETNS)).isEqualTo("blue");
        assertThat(Arguments.parse("-j", "queues", "-n", "blue", "eth0")).isEqualTo(arguments);
        assertThat(Arguments.parse("queues", "--netns=blue", "-j", "--", "eth0"))
                .isEqualTo(arguments);
    }

    @Test
    void whatStandsAfterTwoDashesIsNoOption() {
        assertThat(Arguments.parse("queues", "--", "--json").argument()).hasValue("--json");
    }

    @Test
    void helpAndVersionNeedNoCommand() {
        assertThat(Arguments.parse("--help").command()).isEmpty();
        assertThat(Arguments.parse("-V").has(Option.VERSION)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                     | no command \"\"; see qlease --help",
                "que                    | no command \"que\" (did you mean queues?); see qlease --help",
                "link lo                | no command \"link\" (did you mean links?); see qlease --help",
                "queues --jsno          | no option --jsno (did you mean --json?); see qlease queues --help",
                "queues --stats         | queues has no option --stats; see qlease queues --help",
                "--stats queues         | queues has no option --stats; see qlease queues --help",
                "queues a b             | \"b\" is one argument too many; see qlease queues --help",
                "monitor eth0           | \"eth0\" is one argument too many; see qlease monitor --help",
                "queues --netns         | --netns needs a value: --netns NETNS; see qlease queues --help",
                "queues --json=yes      | --json takes no value; see qlease queues --help",
                "--json                 | a command is missing; see qlease --help"
            })
    void whatMakesNoSenseIsSaid(String commandLine, String sentence) {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(() -> Arguments.parse(commandLine.split(" ", -1)))
                .withMessage(sentence)
                .matches(e -> e.exitCode() == ExitCode.USAGE);
    }

    @Test
    void nothingAtAllLacksACommand() {
        assertThatExceptionOfType(CommandException.class)
                .isThrownBy(Arguments::parse)
                .withMessage("a command is missing; see qlease --help");
    }
}
