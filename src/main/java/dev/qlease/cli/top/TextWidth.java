package dev.qlease.cli.top;

import org.jline.utils.WCWidth;

/** The width of printable text on a terminal, where some characters take two cells and others none. */
final class TextWidth {
    private static final String MORE = "…";

    private TextWidth() {}

    /** Returns the number of cells of {@code text}. */
    static int of(String text) {
        return text.codePoints().map(TextWidth::of).sum();
    }

    private static int of(int character) {
        return Math.max(0, WCWidth.wcwidth(character));
    }

    /** Returns {@code text}, cut to {@code width} cells; if it is cut, its last character is an ellipsis. */
    static String cut(String text, int width) {
        if (of(text) <= width) {
            return text;
        }
        StringBuilder kept = new StringBuilder();
        int left = width - of(MORE);
        int at = 0;
        while (at < text.length() && of(text.codePointAt(at)) <= left) {
            left -= of(text.codePointAt(at));
            kept.appendCodePoint(text.codePointAt(at));
            at += Character.charCount(text.codePointAt(at));
        }
        return width < of(MORE) ? "" : kept.append(MORE).toString();
    }
}
