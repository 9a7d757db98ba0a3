package dev.qlease.cli.args;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The columns by which {@code qlease top} sorts. */
public enum SortColumn {
    NAME("name"),
    RX_PACKETS("rx-packets"),
    RX_BYTES("rx-bytes"),
    TX_PACKETS("tx-packets"),
    TX_BYTES("tx-bytes"),
    ALLOC_FAIL("alloc-fail"),
    DROPS("drops"),
    ALLOCATIONS("allocations"),
    INFLIGHT("inflight");

    private final String text;

    SortColumn(String text) {
        this.text = text;
    }

    /** Returns the name of the column, as typed. */
    public String text() {
        return text;
    }

    /** Returns the names of all columns. */
    public static List<String> names() {
        return Stream.of(values()).map(SortColumn::text).toList();
    }

    /** Returns the next column, after the last one the first. */
    public SortColumn next() {
        List<SortColumn> all = List.of(values());
        return all.get((all.indexOf(this) + 1) % all.size());
    }

    /**
     * Returns the column with this name; {@link #NAME} if it is null.
     *
     * @throws CommandException if there is none
     */
    public static SortColumn parse(@Nullable String text) {
        if (text == null) {
            return NAME;
        }
        return Stream.of(values())
                .filter(column -> column.text.equals(text))
                .findFirst()
                .orElseThrow(() -> new CommandException(
                        ExitCode.USAGE,
                        Option.SORT.longName() + " is one of "
                                + Stream.of(values()).map(SortColumn::text).collect(Collectors.joining(", "))
                                + ", not \"" + text + "\""));
    }
}
