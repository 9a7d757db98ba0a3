package dev.qlease.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.sys.KernelText;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrintableTest {
    @Test
    void whatIsPrintableStays() {
        for (String text : new String[] {"", "eth0", "a b", "café", "日本", "\u00e9e\u0301", "𝛼", "\ufffd"}) {
            assertThat(Printable.line(text)).isEqualTo(text);
            assertThat(Printable.block(text)).isEqualTo(text);
            assertThat(Printable.data(text)).isEqualTo(text);
        }
    }

    @Test
    void allElseIsEscaped() {
        assertThat(Printable.line("z\u001b[31mR")).isEqualTo("z\\u001b[31mR");
        assertThat(Printable.line("a\nb\rc\td")).isEqualTo("a\\nb\\rc\\td");
        assertThat(Printable.line("\u009b2J\u007f\0\u0007")).isEqualTo("\\u009b2J\\u007f\\u0000\\u0007");
        assertThat(Printable.line("\u202egpj.exe\u2066\u200f\u061c")).isEqualTo("\\u202egpj.exe\\u2066\\u200f\\u061c");
        assertThat(Printable.line("\u2028\u2029\u200b\ufeff\u00ad")).isEqualTo("\\u2028\\u2029\\u200b\\ufeff\\u00ad");
        assertThat(Printable.line("\ud800\ue000\udb40\udc41")).isEqualTo("\\ud800\\ue000\\udb40\\udc41");
    }

    @Test
    void aBlockKeepsItsLines() {
        assertThat(Printable.block("a\tb\n\u001b]0;x\u0007c\r\n")).isEqualTo("a\tb\n\\u001b]0;x\\u0007c\\r\n");
    }

    @Test
    void bytesThatAreNotUtf8AreHexadecimalAndBackslashesDoubled() {
        assertThat(Printable.line("x\udcff")).isEqualTo("x\\xff");
        assertThat(Printable.line("x\\xff")).isEqualTo("x\\\\xff");
        assertThat(Printable.block("a\\b\udc80\n")).isEqualTo("a\\b\\x80\n");
        assertThat(Printable.data("\u001b[31m\t\\\udcc3")).isEqualTo("\u001b[31m\t\\\\\\xc3");
    }

    @Property(tries = 2000)
    void everyNameIsReadAsItWasPrinted(@ForAll byte[] bytes) {
        String name = KernelText.decode(bytes).replace("\0", "");
        assertThat(Printable.parse(Printable.line(name))).isEqualTo(name);
        assertThat(Printable.parse(Printable.data(name))).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\\",
                "a\\b",
                "\\x",
                "\\xf",
                "\\x41",
                "\\xgg",
                "\\u12",
                "\\u0000",
                "\\ud800",
                "\\udcff",
                "\\ud800\\u0041"
            })
    void aBackslashThatBeginsNoEscapeIsRefused(String printed) {
        assertThatThrownBy(() -> Printable.parse(printed))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("invalid escape in \"" + printed + "\": write a backslash twice");
    }

    @Property(tries = 500)
    void nothingButPrintableRemains(@ForAll String text) {
        assertThat(Printable.line(text).codePoints())
                .noneMatch(c -> Character.isISOControl(c)
                        || Character.getType(c) == Character.FORMAT
                        || Character.getType(c) == Character.SURROGATE);
    }
}
