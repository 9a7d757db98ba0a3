package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Printable;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Sandbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Devices and namespaces whose names are hostile, not UTF-8, or numbers. */
@Tag("host")
@Timeout(60)
class ForeignNamesHostTest {
    private static final String RED = "z\u001b[31mR";
    private static final List<String> ALTNAMES =
            List.of("a\nb", "\u001b[2Jclr", "\u202egpj.exe", "tab\there", "\u009b31m");

    private Sandbox sandbox;

    @BeforeEach
    void open() {
        sandbox = Sandbox.create();
    }

    @AfterEach
    void close() {
        if (sandbox != null) {
            sandbox.close();
        }
    }

    private int bridge(String name) {
        return sandbox.rtnl()
                .links()
                .create(LinkSpec.named(name).kind("bridge"))
                .ifindex();
    }

    private record Ran(ExitCode exitCode, String out, String err) {}

    private Ran there(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--netns", sandbox.name()));
        return run(all.toArray(String[]::new));
    }

    private static Ran run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, err)).run(args);
        return new Ran(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** That nothing in it moves a cursor, and its lines are these many. */
    private static void isTame(String text, int lines) {
        assertThat(text.codePoints().filter(c -> c != '\n'))
                .noneMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT);
        assertThat(text.lines()).hasSize(lines);
    }

    @Test
    void tablesAndSentencesEscapeNames() {
        int odd = bridge(RED);
        sandbox.rtnl().links().addAltIfname(odd, ALTNAMES.toArray(String[]::new));
        Ran links = there("links");
        isTame(links.out(), 3);
        assertThat(links.out()).contains("z\\u001b[31mR");
        isTame(
                there("doctor", RED).out() + "\n",
                (int) there("doctor", RED).out().lines().count() + 1);
        for (String name : ALTNAMES) {
            isTame(there("links", name).out(), 2);
            Ran none = there("links", name + "-not");
            assertThat(none.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
            isTame(none.err(), 1);
            isTame(there(name).err(), 1);
            isTame(there("links", "--" + name).err(), 1);
        }
        assertThat(there("links", RED, "--json").out()).contains("\\u001B[31mR", "\"\u202egpj.exe\"");
    }

    @Test
    void theMonitorEscapesNames() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Thread changes = Thread.ofPlatform().start(() -> {
            while (out.size() == 0 && !Thread.currentThread().isInterrupted()) {
                sandbox.rtnl().links().delete(bridge(RED));
            }
        });
        new Qlease(new Output(out, new ByteArrayOutputStream()))
                .run("monitor", "--duration", "2", "--netns", sandbox.name());
        changes.interrupt();
        changes.join(TimeUnit.SECONDS.toMillis(10));
        String text = out.toString(StandardCharsets.UTF_8);
        isTame(text, (int) text.lines().count());
        assertThat(text).contains(" z\\u001b[31mR ");
    }

    @Test
    void aDeviceIsFoundByItsNameAsItWasPrinted() {
        int odd = bridge(RED);
        sandbox.rtnl().links().addAltIfname(odd, ALTNAMES.toArray(String[]::new));
        String expected = there("links", RED).out();
        for (String printed : List.of("z\\u001b[31mR", "a\\nb", "\\u001b[2Jclr", "tab\\there")) {
            assertThat(there("links", printed).out()).as(printed).isEqualTo(expected);
        }
        assertThat(there("links", "c\\nd").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    }

    @Test
    void namesThatAreNotUtf8AreUsedAsPrinted() {
        int odd = bridge("abc\udcffdef");
        bridge("abc\\xffdef");
        bridge("twin\udcc3");
        bridge("twin\udcc4");
        sandbox.rtnl().links().addAltIfname(odd, "alt\ud835\udefc\udc80");
        Ran bytes = there("links", "abc\\xffdef");
        assertThat(bytes.out())
                .contains(" abc\\xffdef ")
                .contains(" " + odd + " ")
                .hasLineCount(2);
        assertThat(there("links", "alt\ud835\udefc\\x80").out()).isEqualTo(bytes.out());
        assertThat(there("links", "abc\\\\xffdef").out())
                .contains(" abc\\\\xffdef ")
                .hasLineCount(2);
        assertThat(there("links", "twin\\xc3").out()).contains(" twin\\xc3 ").hasLineCount(2);
        assertThat(there("links", "twin\\xc5").err()).startsWith("qlease: no device \"twin\\xc5\" in ");
        assertThat(there("links", "a\\b").err())
                .isEqualTo("qlease: invalid escape in \"a\\\\b\": write a backslash twice\n");
        assertThat(there("links", "abc\\xffdef", "--json").out()).contains("\"ifname\":\"abc\\\\xffdef\"");
        assertThat(run("--netns", sandbox.name(), "completion", "devices").out())
                .contains("abc\\xffdef\0", "abc\\\\xffdef\0");
        assertThat(there("doctor", "twin\\xc3").out()).contains("twin\\xc3");
    }

    @Test
    void aNamespaceIsNamedAsItIsPrinted() {
        String name = "qlease-odd-" + ProcessHandle.current().pid() + "\udcff\\";
        NetworkNamespace.create(name).close();
        try {
            String printed = Printable.line(name);
            assertThat(printed).endsWith("\\xff\\\\");
            assertThat(run("links", "--netns", printed).out()).contains(" lo ");
            assertThat(run("links", "--netns", "/run/netns/" + printed).out()).contains(" lo ");
            assertThat(run("links", "nix", "--netns", printed).err())
                    .contains("in network namespace " + printed + "; qlease links --netns " + printed + " lists");
            assertThat(run("links", "--netns", printed + "x").err())
                    .startsWith("qlease: no network namespace \"" + printed + "x\": ");
        } finally {
            NetworkNamespace.delete(name);
        }
        assertThat(Files.exists(NetworkNamespace.NAMES.resolve(KernelText.path(name))))
                .isFalse();
    }

    @Test
    void aDeviceOfANumericNameComesBeforeANumber() throws IOException {
        int twelve = bridge("12");
        int other = bridge("99");
        int zeros = bridge("007");
        sandbox.rtnl().links().addAltIfname(other, "5000");
        assertThat(there("links", "12").out()).contains(" 12 ").contains(Integer.toString(twelve));
        assertThat(there("links", "5000").out()).isEqualTo(there("links", "99").out());
        assertThat(there("links", "007").out())
                .isEqualTo(there("links", Integer.toString(zeros)).out());
        assertThat(there("links", "07").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    }
}
