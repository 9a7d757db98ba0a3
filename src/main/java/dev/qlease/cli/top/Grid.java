package dev.qlease.cli.top;

import dev.qlease.cli.output.Printable;
import dev.qlease.cli.output.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * Formats rows as aligned columns for a terminal of any width: where it is too narrow, the least important columns are
 * left out, then texts are cut. What is not printable is escaped.
 *
 * @param <R> the type of the rows
 */
final class Grid<R> {
    private static final String GAP = " ";
    private static final int LEAST_TEXT = 6;

    /** A text may be cut to this before another column is left out: a name of a device has 15 characters. */
    private static final int SHORT_TEXT = 15;

    /**
     * A column.
     *
     * @param header its header
     * @param isText whether it is left-aligned and can be cut, unlike a number
     * @param rank its importance; 0 is never left out
     * @param cell its cell; empty if there is no value
     */
    private record Column<R>(String header, boolean isText, int rank, Function<R, String> cell) {}

    private final List<Column<R>> columns = new ArrayList<>();

    /** Adds a column of text. */
    Grid<R> text(String header, int rank, Function<R, String> cell) {
        columns.add(new Column<>(header, true, rank, cell));
        return this;
    }

    /** Adds a right-aligned column of numbers. */
    Grid<R> number(String header, int rank, Function<R, String> cell) {
        columns.add(new Column<>(header, false, rank, cell));
        return this;
    }

    /** Returns the rows as a table of the width that they need, each line ended. */
    String whole(List<R> rows) {
        Table<R> table = new Table<>();
        for (Column<R> column : columns) {
            if (column.isText()) {
                table.text(column.header(), column.cell());
            } else {
                table.number(column.header(), column.cell());
            }
        }
        return table.format(rows);
    }

    /** Returns the header and the rows, each as a line of at most {@code width} cells. */
    List<String> lines(List<R> rows, int width) {
        List<Column<R>> shown = new ArrayList<>(columns);
        List<List<String>> cells = new ArrayList<>();
        for (Column<R> column : columns) {
            List<String> texts = new ArrayList<>(List.of(column.header()));
            rows.forEach(row -> {
                String text = Printable.line(column.cell().apply(row));
                texts.add(text.isEmpty() ? "-" : text);
            });
            cells.add(texts);
        }
        List<Integer> widths = new ArrayList<>(cells.stream()
                .map(texts -> texts.stream().mapToInt(TextWidth::of).max().orElse(0))
                .toList());
        leaveOut(shown, cells, widths, width);
        narrow(shown, widths, width);
        List<String> lines = new ArrayList<>();
        for (int row = 0; row <= rows.size(); row++) {
            lines.add(TextWidth.cut(line(shown, cells, widths, row), width));
        }
        return lines;
    }

    private static int total(List<Integer> widths) {
        return widths.stream().mapToInt(Integer::intValue).sum() + GAP.length() * (widths.size() - 1);
    }

    private int totalOfShort(List<Column<R>> shown, List<Integer> widths) {
        List<Integer> cut = new ArrayList<>();
        for (int i = 0; i < shown.size(); i++) {
            cut.add(shown.get(i).isText() ? Math.min(widths.get(i), SHORT_TEXT) : widths.get(i));
        }
        return total(cut);
    }

    private void leaveOut(List<Column<R>> shown, List<List<String>> cells, List<Integer> widths, int width) {
        while (totalOfShort(shown, widths) > width) {
            Column<R> least =
                    shown.stream().max(Comparator.comparingInt(Column::rank)).orElseThrow();
            if (least.rank() == 0) {
                return;
            }
            int at = shown.lastIndexOf(least);
            shown.remove(at);
            cells.remove(at);
            widths.subList(at, at + 1).clear();
        }
    }

    /** Takes what is too much from the widest column of text, as far as it remains readable. */
    private void narrow(List<Column<R>> shown, List<Integer> widths, int width) {
        while (total(widths) > width) {
            int widest = -1;
            for (int i = 0; i < shown.size(); i++) {
                if (shown.get(i).isText() && (widest < 0 || widths.get(i) > widths.get(widest))) {
                    widest = i;
                }
            }
            if (widest < 0 || widths.get(widest) <= LEAST_TEXT) {
                return;
            }
            widths.set(widest, widths.get(widest) - 1);
        }
    }

    private String line(List<Column<R>> shown, List<List<String>> cells, List<Integer> widths, int row) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < shown.size(); i++) {
            String text = TextWidth.cut(cells.get(i).get(row), widths.get(i));
            int padding = widths.get(i) - TextWidth.of(text);
            line.append(i == 0 ? "" : GAP);
            line.repeat(' ', shown.get(i).isText() ? 0 : padding);
            line.append(text);
            line.repeat(' ', shown.get(i).isText() ? padding : 0);
        }
        return line.toString().stripTrailing();
    }
}
