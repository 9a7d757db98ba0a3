package dev.qlease.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Table;
import dev.qlease.netlink.InterruptedDumps;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A list that changes whenever it is read. */
@Timeout(20)
class ListingTest {
    private static final String WARNING =
            "warning: sample-get: the list changed while it was read, 4 times in a row (EINTR): entries may be missing"
                    + " or repeated";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** Public, so that it can be written as JSON. */
    public record Row(int number) {}

    private ExitCode print(boolean asJson, Row... rows) throws IOException {
        Listing<Row> listing = Listing.table(
                "rows",
                _ -> InterruptedDumps.list(List.of(rows)),
                _ -> new Table<Row>().number("number", row -> Integer.toString(row.number())));
        try (Target target = Target.open(null, null)) {
            return listing.print(target, asJson, new Output(out, err));
        }
    }

    @Test
    void itIsPrintedAsItWasReadLastWithAWarning() throws IOException {
        assertThat(print(false, new Row(4), new Row(7))).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString(StandardCharsets.UTF_8).lines().map(String::strip))
                .containsExactly("NUMBER", "4", "7");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("qlease: " + WARNING + "\n");
    }

    @Test
    void asJsonTheWarningIsAnErrorObject() throws IOException {
        assertThat(print(true, new Row(4))).isEqualTo(ExitCode.FAILED);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("[{\"number\":4}]\n");
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("{\"error\":\"" + WARNING + "\",\"errno\":\"EINTR\",\"exit\":1}\n");
    }
}
