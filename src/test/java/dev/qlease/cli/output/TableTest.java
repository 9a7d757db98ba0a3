package dev.qlease.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
    private record Row(String name, String number, String never) {}

    private static final Table<Row> TABLE = new Table<Row>()
            .text("name", Row::name)
            .number("count", Row::number)
            .text("never", Row::never);

    @Test
    void columnsAreAlignedAndNoLineEndsInSpaces() {
        assertThat(TABLE.format(List.of(new Row("a", "1", ""), new Row("longer", "123456", ""))))
                .isEqualTo("""
                        NAME     COUNT
                        a            1
                        longer  123456
                        """);
    }

    @Test
    void aColumnWithNothingInItIsLeftOutAndAnEmptyCellIsADash() {
        assertThat(TABLE.format(List.of(new Row("a", "", "x"), new Row("", "", ""))))
                .isEqualTo("""
                        NAME  NEVER
                        a     x
                        -     -
                        """);
    }
}
