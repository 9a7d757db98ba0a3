package dev.qlease.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CsvTest {
    private record Row(String theName, double number, Optional<Double> maybe) {}

    @Test
    void fieldsAreQuotedWhereTheyHaveToBe() {
        assertThat(Csv.format(List.of(
                        new Row("plain", 1e-5, Optional.of(2.5)),
                        new Row("a,b", 1e9, Optional.empty()),
                        new Row("say \"no\"\n", 0, Optional.empty()))))
                .isEqualTo("the-name,number,maybe\r\n"
                        + "plain,0.000010,2.5\r\n"
                        + "\"a,b\",1000000000,\r\n"
                        + "\"say \"\"no\"\"\n\",0.0,\r\n");
    }

    @Test
    void nothingHasNoHeader() {
        assertThat(Csv.format(List.of())).isEmpty();
    }
}
