package dev.qlease.cli.args;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.output.ExitCode;
import dev.qlease.ops.StateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ManPagesTest {
    private static final Map<String, String> PAGES = ManPages.all("1.0");

    @TempDir
    private Path directory;

    @Test
    void thereIsAPageForEachCommandAndProgram() {
        assertThat(PAGES).hasSize(Command.values().length + 2).containsKeys("qlease", "ncdevmem");
        assertThat(PAGES.get("qlease")).contains(".TP\n\\fBlease\\fR\n", "(1)");
        assertThat(PAGES.get("qlease-lease")).contains(".TP\n\\fBcreate\\fR\n", ".BR qlease\\-lease\\-create (1)");
    }

    @ParameterizedTest
    @EnumSource
    void aCommandsPageDescribesItsOptionsAndExitCodes(Command command) {
        String page = PAGES.get(ManPages.name(command));
        assertThat(page)
                .contains(".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS", ".SH EXIT STATUS")
                .contains(".SH SEE ALSO\n.BR qlease (1)", ManPages.escape(command.description()));
        if (command == Command.NCDEVMEM) {
            for (NcdevmemOption option : NcdevmemOption.values()) {
                assertThat(page).contains(ManPages.escape(option.letter()), ManPages.escape(option.description()));
            }
        } else {
            for (Option option : command.options()) {
                assertThat(page).contains(ManPages.escape(option.longName()), ManPages.escape(option.description()));
            }
        }
        for (ExitCode code : ExitCode.values()) {
            assertThat(page).contains("\\fB" + code.number() + "\\fR\n" + ManPages.escape(code.meaning()));
        }
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "--netns, \\-\\-netns",
                "\\xff, \\exff",
                ".hidden, \\&.hidden",
                "'quoted', \\(aqquoted\\(aq",
                "1 ... 2, 1 ... 2",
                "`~^, \\(ga\\(ti\\(ha"
            })
    void whatRoffWouldInterpretIsEscaped(String text, String roff) {
        assertThat(ManPages.escape(text)).isEqualTo(roff);
    }

    @Test
    void theFilesHaveAPageWithEachFieldOfTheSchema() throws IOException {
        String page = FilePage.page("1.0");
        assertThat(page)
                .contains(
                        ".TH QLEASE.YAML 5 ",
                        "\\fBnic\\fR\n",
                        "\\fBnic.pci\\-address\\fR\n",
                        "\\fBcontainer.engine\\fR\n")
                .contains("One of: podman, docker, containerd. Required.", "\\fBtcp\\-data\\-split\\fR\n");
        assertThat(PAGES.get("qlease-plan")).contains(".BR qlease.yaml (5)");
        assertThat(PAGES.get("qlease-send")).doesNotContain("qlease.yaml");
    }

    @Test
    void theExampleOfTheFilesIsValid() throws IOException {
        Path file = Files.writeString(directory.resolve("example.yaml"), FilePage.EXAMPLE);
        assertThat(StateFiles.read(List.of(file.toString()), InputStream.nullInputStream())
                        .leases())
                .hasSize(2);
    }

    @Test
    void noLineIsAnUnknownRequest() throws IOException {
        List<String> pages = new ArrayList<>(PAGES.values());
        pages.add(FilePage.page("1.0"));
        assertThat(pages)
                .allSatisfy(page -> assertThat(page.lines())
                        .allMatch(line -> !line.startsWith("'")
                                && (!line.startsWith(".") || line.matches("\\.(TH|SH|PP|TP|BR|EX|EE).*"))));
    }
}
