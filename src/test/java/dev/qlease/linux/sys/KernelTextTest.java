package dev.qlease.linux.sys;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelTextTest {
    private static byte[] latin1(String bytes) {
        return bytes.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void whatIsUtf8IsThatText() {
        for (String text : new String[] {"", "eth0", "café", "日本", "𝛼", "\ufffd", "a\\b"}) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            assertThat(KernelText.decode(utf8)).isEqualTo(text);
            assertThat(KernelText.encode(text)).isEqualTo(utf8);
        }
    }

    @Test
    void aByteThatIsNotUtf8IsASurrogate() {
        assertThat(KernelText.decode(latin1("x\u00ff"))).isEqualTo("x\udcff");
        assertThat(KernelText.decode(latin1("\u00e9t\u00e9"))).isEqualTo("\udce9t\udce9");
        assertThat(KernelText.decode(latin1("\u00e2\u0082"))).as("cut short").isEqualTo("\udce2\udc82");
        assertThat(KernelText.decode(latin1("\u00e2\u0082a"))).isEqualTo("\udce2\udc82a");
        assertThat(KernelText.decode(latin1("\u00c0\u0080"))).as("overlong").isEqualTo("\udcc0\udc80");
        assertThat(KernelText.decode(latin1("\u00ed\u00a0\u0080")))
                .as("a surrogate in UTF-8")
                .isEqualTo("\udced\udca0\udc80");
        assertThat(KernelText.decode(latin1("\u00ff\u00ef\u00bf\u00bd")))
                .as("beside a replacement character")
                .isEqualTo("\udcff\ufffd");
    }

    @Property(tries = 2000)
    void bytesComeBackAsTheyWere(@ForAll byte[] bytes) {
        assertThat(KernelText.encode(KernelText.decode(bytes))).isEqualTo(bytes);
    }

    @Test
    void textForCallsEndsWithNul() {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(KernelText.allocate(arena, "x\udcff").toArray(ValueLayout.JAVA_BYTE))
                    .isEqualTo(latin1("x\u00ff\0"));
        }
    }

    @Test
    void textEndsAtANul() {
        assertThat(KernelText.decodeToNul(latin1("ab\0c"))).isEqualTo("ab");
        assertThat(KernelText.decodeToNul(latin1("ab"))).isEqualTo("ab");
    }

    @Test
    void pathsOfAnyBytesAreTextAndBack() {
        for (String text : new String[] {
            "/run/netns/x\udcff",
            "x\udcff",
            "caf\u00e9/\udcc3",
            "/caf\u00e9",
            "../caf\u00e9",
            "./\ufffd %41",
            "/",
            "",
            "/a//b"
        }) {
            assertThat(KernelText.text(KernelText.path(text))).as(text).isEqualTo(text.replace("//", "/"));
        }
        assertThat(KernelText.text(KernelText.path("//caf\u00e9/"))).isEqualTo("/caf\u00e9");
        assertThat(KernelText.path("/caf\u00e9")).isEqualTo(Path.of("/caf\u00e9"));
    }

    @Test
    void aFileOfSuchANameIsFoundInItsDirectory(@TempDir Path directory) throws IOException {
        Path file = directory.resolve(KernelText.path("odd-\udcff"));
        Files.createDirectory(file);
        assertThat(Files.isDirectory(file)).isTrue();
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(KernelText::text)).containsExactly(directory + "/odd-\udcff");
        }
    }
}
