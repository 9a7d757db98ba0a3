package dev.qlease.cli.top;

import dev.qlease.cli.output.Printable;
import dev.qlease.cli.top.Tables.Section;
import java.util.ArrayList;
import java.util.List;

/**
 * What is shown of a refresh on a terminal: a line of titles, all tables or one, and a line of help or problems.
 *
 * @param title the namespace or device, the interval and the order
 * @param view 0 for all tables, or the number of one
 * @param scroll how many rows of the table are scrolled off
 */
record Frame(String title, int view, int scroll) {
    private static final String HELP = "q quit  Tab table  s sort  r reverse  arrows scroll";
    private static final int LEAST_LINES = 2;

    /** Returns the lines for a terminal of this size: at most {@code height}, each of at most {@code width} cells. */
    List<String> lines(Refresh refresh, List<Section<?>> sections, int width, int height) {
        List<String> lines = new ArrayList<>();
        lines.add(TextWidth.cut(Printable.line(title + (refresh.isGone() ? ", which is gone" : "")), width));
        int room = Math.max(0, height - 2);
        if (view > 0) {
            Section<?> section = sections.get(view - 1);
            lines.addAll(section(section, first(section, room), room, width));
        } else {
            lines.addAll(all(sections, room, width));
        }
        while (lines.size() < height - 1) {
            lines.add("");
        }
        if (height > 1) {
            lines.add(TextWidth.cut(Printable.line(refresh.problem().orElse(HELP)), width));
        }
        return lines.subList(0, Math.min(lines.size(), height));
    }

    /** Returns the first row that is shown: no further than what fills the room. */
    private int first(Section<?> section, int room) {
        return Math.clamp(scroll, 0, Math.max(0, section.rows().size() - room + 1));
    }

    private static List<String> all(List<Section<?>> sections, int room, int width) {
        List<Section<?>> shown =
                sections.stream().filter(section -> !section.rows().isEmpty()).toList();
        if (shown.isEmpty()) {
            return room > 0 ? List.of(TextWidth.cut("no leases, and no queues of a NIC", width)) : List.of();
        }
        List<String> lines = new ArrayList<>();
        int left = room;
        int[] heights = heights(shown, room);
        for (int i = 0; i < shown.size() && left >= LEAST_LINES; i++) {
            List<String> section = section(shown.get(i), 0, Math.min(left, heights[i]), width);
            lines.addAll(section);
            left -= section.size();
        }
        return lines;
    }

    /** Divides the room: each table gets an equal part, and what it does not need is divided among the others. */
    private static int[] heights(List<Section<?>> shown, int room) {
        int[] heights = new int[shown.size()];
        int left = room;
        boolean grew = true;
        while (left > 0 && grew) {
            grew = false;
            for (int i = 0; i < heights.length && left > 0; i++) {
                if (heights[i] < shown.get(i).rows().size() + 1) {
                    heights[i]++;
                    left--;
                    grew = true;
                }
            }
        }
        return heights;
    }

    /** Returns a table of {@code height} lines at most; the last one says how many rows do not fit. */
    private static List<String> section(Section<?> section, int first, int height, int width) {
        int rows = section.rows().size() - first;
        if (height <= 0) {
            return List.of();
        }
        if (rows < height) {
            return section.lines(first, rows, width);
        }
        int fit = Math.max(0, height - 2);
        List<String> lines = new ArrayList<>(section.lines(first, fit, width));
        if (lines.size() < height) {
            lines.add(TextWidth.cut("(" + (rows - fit) + " more " + section.title() + ")", width));
        }
        return lines;
    }
}
