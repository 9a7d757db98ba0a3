package dev.qlease.cli.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Formats rows as aligned columns under a header. A column without any value is omitted; an empty cell is {@code -}, so
 * that each row has the same number of words unless values contain spaces. What is not printable is escaped.
 *
 * @param <T> the type of the rows
 */
public final class Table<T> {
    private static final String GAP = "  ";

    private record Column<T>(String header, boolean rightAligned, Function<T, String> cell) {}

    private final List<Column<T>> columns = new ArrayList<>();

    /** Adds a column of text; an empty text is an empty cell. */
    public Table<T> text(String header, Function<T, String> cell) {
        columns.add(new Column<>(header, false, cell));
        return this;
    }

    /** Adds a right-aligned column of numbers; an empty text is an empty cell. */
    public Table<T> number(String header, Function<T, String> cell) {
        columns.add(new Column<>(header, true, cell));
        return this;
    }

    /** Returns the table of {@code rows}, each line ended. */
    public String format(List<T> rows) {
        List<Column<T>> shown = new ArrayList<>();
        List<String[]> cells = new ArrayList<>();
        List<Integer> widths = new ArrayList<>();
        for (Column<T> column : columns) {
            String[] texts =
                    rows.stream().map(column.cell()).map(Printable::line).toArray(String[]::new);
            int width = 0;
            for (String text : texts) {
                width = Math.max(width, text.length());
            }
            if (width > 0) {
                shown.add(column);
                cells.add(texts);
                widths.add(Math.max(width, column.header().length()));
            }
        }
        StringBuilder out = new StringBuilder();
        for (int row = -1; row < rows.size(); row++) {
            appendRow(out, shown, cells, widths, row);
        }
        return out.toString();
    }

    private static <T> void appendRow(
            StringBuilder out, List<Column<T>> shown, List<String[]> cells, List<Integer> widths, int row) {
        int start = out.length();
        for (int i = 0; i < shown.size(); i++) {
            Column<T> column = shown.get(i);
            String text = row < 0 ? column.header().toUpperCase(Locale.ROOT) : cells.get(i)[row];
            text = text.isEmpty() ? "-" : text;
            int padding = widths.get(i) - text.length();
            out.append(i == 0 ? "" : GAP);
            out.repeat(' ', column.rightAligned() ? padding : 0);
            out.append(text);
            out.repeat(' ', column.rightAligned() ? 0 : padding);
        }
        int end = out.length();
        while (end > start && out.charAt(end - 1) == ' ') {
            end--;
        }
        out.setLength(end);
        out.append('\n');
    }
}
