package dev.qlease.cli.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.fixture.Commands;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code qlease top} on a pseudo terminal of script(1), which it has to give back as it was, however it ends. */
@Tag("host")
@Timeout(180)
class TerminalHostTest {
    private static final String ENTER = "\u001b[?1049h";
    private static final String LEAVE = "\u001b[m\u001b[?7h\u001b[?25h\u001b[?1049l";

    @TempDir
    private Path folder;

    private Process terminal;
    private final StringBuffer seen = new StringBuffer();

    @BeforeEach
    void needsScript() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "there is no script(1)");
    }

    @AfterEach
    void end() throws InterruptedException {
        if (terminal != null) {
            terminal.descendants().forEach(ProcessHandle::destroyForcibly);
            terminal.destroyForcibly().waitFor();
        }
    }

    /** Starts the command on a terminal, with a shell before and after it that look at its settings. */
    private void start(String... options) throws IOException {
        List<String> java = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.qlease.cli.Main",
                "top",
                "--interval",
                "0.2"));
        java.addAll(List.of(options));
        String script = """
                set -m
                trap : INT TERM HUP
                cd '%s'
                tty >tty; stty rows 30 cols 100; stty -g >before
                sh -c 'echo $$ >pid; exec "$@"' - %s 2>err
                status=$?
                if [ -n "$(jobs -s)" ]; then
                    echo >stopped
                    until [ -e go ]; do sleep 0.05; done
                    fg >jobs
                    status=$?
                fi
                echo $status >status; stty -g >after; echo >done
                """.formatted(folder, String.join(" ", java));
        Path file = folder.resolve("script.sh");
        Files.writeString(file, script);
        ProcessBuilder builder =
                new ProcessBuilder("script", "-qfec", "bash " + file, "/dev/null").redirectErrorStream(true);
        builder.environment().put("TERM", "xterm");
        builder.environment().put("SHELL", "/bin/sh");
        terminal = builder.start();
        Thread.ofPlatform().daemon().start(this::read);
    }

    private void read() {
        byte[] bytes = new byte[4096];
        try (InputStream in = terminal.getInputStream()) {
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                seen.append(new String(bytes, 0, n, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            seen.append(e);
        }
    }

    private void await(String what, BooleanSupplier condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as(
                            "%s; seen: %s; errors: %s",
                            what, tail(), Files.exists(folder.resolve("err")) ? text("err") : "")
                    .isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    private String tail() {
        String all = seen.toString().replace('\u001b', '^');
        return all.substring(Math.max(0, all.length() - 500));
    }

    private void awaitScreen(int times) throws Exception {
        await("the screen", () -> countOf(ENTER) >= times);
        int frames = countOf("\u001b[H");
        await("a frame after it", () -> countOf("\u001b[H") > frames);
    }

    private int countOf(String text) {
        String all = seen.toString();
        int count = 0;
        for (int at = all.indexOf(text); at >= 0; at = all.indexOf(text, at + 1)) {
            count++;
        }
        return count;
    }

    private String text(String file) throws IOException {
        return Files.readString(folder.resolve(file)).strip();
    }

    private void signal(String name) throws IOException {
        Commands.run("kill", "-" + name, text("pid"));
    }

    private void type(String keys) throws IOException {
        terminal.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
        terminal.getOutputStream().flush();
    }

    private void assertRestored(int status) throws Exception {
        await("the end", () -> Files.exists(folder.resolve("done")));
        assertThat(text("status")).isEqualTo(Integer.toString(status));
        assertThat(text("after")).isEqualTo(text("before"));
        assertThat(seen.lastIndexOf(LEAVE)).isGreaterThan(seen.lastIndexOf(ENTER));
        assertThat(seen.substring(seen.lastIndexOf(LEAVE) + LEAVE.length())).doesNotContain("\u001b[H");
        assertThat(text("err")).isEmpty();
    }

    @Test
    void theKeyQEndsIt() throws Exception {
        start();
        awaitScreen(1);
        assertThat(Commands.run("stty", "-F", text("tty"), "-g").strip()).isNotEqualTo(text("before"));
        type("\tsr\u001b[A\u001b[B\u001b[5~\u001bx");
        type("q");
        assertRestored(0);
    }

    @Test
    void anInterruptFromTheKeyboardEndsIt() throws Exception {
        start();
        awaitScreen(1);
        type("\u0003");
        assertRestored(128 + 2);
    }

    @Test
    void aSignalEndsIt() throws Exception {
        start();
        awaitScreen(1);
        signal("TERM");
        assertRestored(128 + 15);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whileItIsStoppedTheTerminalIsAsBefore(boolean byKey) throws Exception {
        start();
        awaitScreen(1);
        if (byKey) {
            type("\u001a");
        } else {
            signal("TSTP");
        }
        await("that it stops", () -> Files.exists(folder.resolve("stopped")));
        assertThat(Commands.run("stty", "-F", text("tty"), "-g").strip()).isEqualTo(text("before"));
        assertThat(seen.lastIndexOf(LEAVE)).isGreaterThan(seen.lastIndexOf(ENTER));
        Files.createFile(folder.resolve("go"));
        awaitScreen(2);
        assertThat(Commands.run("stty", "-F", text("tty"), "-g").strip()).isNotEqualTo(text("before"));
        type("q");
        assertRestored(0);
    }

    @Test
    void itAdaptsToTheSizeOfTheTerminal() throws Exception {
        start();
        awaitScreen(1);
        Commands.run("stty", "-F", text("tty"), "cols", "20", "rows", "5");
        await("a narrow frame", () -> lastFrame().endsWith("q quit  Tab table  …\u001b[K\u001b[J"));
        assertThat(lastFrame().split("\r\n", -1)).hasSize(5);
        Commands.run("stty", "-F", text("tty"), "cols", "100", "rows", "30");
        await("a wide one", () -> lastFrame().contains("arrows scroll\u001b[K\u001b[J"));
        assertThat(lastFrame().split("\r\n", -1)).hasSize(30);
        type("q");
        assertRestored(0);
    }

    /** Returns the last frame that is whole. */
    private String lastFrame() {
        String all = seen.toString();
        int end = all.lastIndexOf("\u001b[J");
        int start = all.lastIndexOf("\u001b[H", end);
        return start < 0 ? "" : all.substring(start, end + 3);
    }

    @Test
    void withoutAKeyboardOrATypeOfTerminalItPrintsLines() throws Exception {
        start("--once", "</dev/null");
        await("the end", () -> Files.exists(folder.resolve("done")));
        assertThat(text("status")).isEqualTo("0");
        assertThat(seen).doesNotContain("\u001b");
        assertThat(text("err")).isEmpty();
    }
}
