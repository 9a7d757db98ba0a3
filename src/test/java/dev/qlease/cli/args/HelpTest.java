package dev.qlease.cli.args;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.Completion;
import dev.qlease.cli.Qlease;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HelpTest {
    @Test
    void theHelpNamesEveryCommandAndExitCode() {
        for (Command command : Command.values()) {
            boolean ofTheProgram = command.secondWord().isEmpty();
            assertThat(CommandLines.help(ofTheProgram ? null : CommandLines.command(command.firstWord())))
                    .containsPattern("\n  " + (ofTheProgram ? command.firstWord() : command.secondWord()) + " +"
                            + Pattern.quote(command.description()));
        }
        for (ExitCode code : ExitCode.values()) {
            assertThat(CommandLines.help(null))
                    .containsPattern("\n  " + code.number() + " +" + Pattern.quote(code.meaning()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCommandsHelpNamesItsOptions(Command command) {
        String help = CommandLines.help(command);
        assertThat(help).contains("Usage: qlease " + command.text(), command.description());
        for (Option option : command.options()) {
            assertThat(help.replaceAll("\\s+", " ")).contains(option.longName(), option.description());
        }
        assertThat(help.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(110));
    }

    @ParameterizedTest
    @CsvSource({"queues, queues", "lease, lease", "lease create, lease create"})
    void helpIsThatOfTheCommandThatIsNamed(String named, String command) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, out)).run("help", named);
        assertThat(exitCode).isEqualTo(ExitCode.DONE);
        assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("Usage: qlease " + command + " ");
    }

    @ParameterizedTest
    @CsvSource({"bash, bash-completion/completions/qlease", "zsh, zsh/site-functions/_qlease"})
    void theCompletionScriptsThatArePackagedAreThose(String shell, String file) throws IOException {
        assertThat(Path.of("src/main/dist/share", file))
                .as("made by: qlease completion " + shell)
                .hasContent(Completion.script(shell));
    }

    @ParameterizedTest
    @CsvSource({
        "qlease q, queues",
        "qlease monitor --d, '--debug --duration'",
        "qlease completion '', '--help bash zsh'",
        "qlease page-pools --st, --stats",
        "qlease queues l, lo",
        "qlease queues lo --j, --json",
        "qlease monitor --duration 5, ''",
        "qlease send --dev l, lo",
        "qlease send --memory d, 'dma-heap drm'",
        "qlease send --t, '--timeout --to'",
        "qlease send pom, pom.xml",
        "qlease l, 'lease links'",
        "qlease lease c, create",
        "qlease lease create --q, '--queue --queues'",
        "qlease lease create --redirect b, bpf",
        "qlease cdi g, generate",
        "qlease cdi generate l, lo",
        "qlease cdi generate --o, --out"
    })
    void bashCompletesByTheScript(String words, String completed) throws Exception {
        String[] typed = words.replace("''", "").split(" ", -1);
        String script = Completion.script("bash")
                + "COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)); _qlease; printf '%s\\n' \"${COMPREPLY[@]}\" | LC_ALL=C sort | xargs";
        Path file = Files.createTempFile("completion", ".bash");
        try {
            Files.writeString(file, script);
            ProcessBuilder bash = new ProcessBuilder("bash", file.toString());
            bash.command().addAll(List.of(typed));
            Process process = bash.redirectErrorStream(true).start();
            assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip())
                    .isEqualTo(completed);
        } finally {
            Files.delete(file);
        }
    }
}
