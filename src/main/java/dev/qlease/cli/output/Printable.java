package dev.qlease.cli.output;

import dev.qlease.linux.sys.KernelText;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Escapes text for a terminal. Names of devices, namespaces and files are untrusted, since a container's root can
 * choose them: control characters would move the cursor or set colours, line breaks forge rows, bidirectional overrides
 * disguise names, and bytes that are not UTF-8 are not characters at all. {@link #parse} reads escaped text back: no
 * two names are printed alike.
 */
public final class Printable {
    private static final char FIRST_PLAIN = ' ';
    private static final char LAST_PLAIN = '~';
    private static final char ESCAPE = '\\';
    private static final int BYTE_DIGITS = 2;
    private static final int UNIT_DIGITS = 4;

    private Printable() {}

    /**
     * Returns {@code text} as part of one line: a backslash as {@code \\}, a byte that is not UTF-8 as {@code \xff},
     * and other characters that are not printable as {@code \n}, {@code \r}, {@code \t} or {@code \u001b}.
     */
    public static String line(String text) {
        return escape(text, "", true);
    }

    /** Returns {@code text} with line breaks, tabs and backslashes kept, and all else that is not printable escaped. */
    public static String block(String text) {
        return escape(text, "\n\t", false);
    }

    /** Returns {@code text} for a program to read: only backslashes and bytes that are not UTF-8 are escaped. */
    public static String data(String text) {
        if (text.chars().noneMatch(c -> c == ESCAPE || KernelText.isByte(c))) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            if (c == ESCAPE || KernelText.isByte(c)) {
                append(out, c);
            } else {
                out.appendCodePoint(c);
            }
        });
        return out.toString();
    }

    /**
     * Returns the text that {@link #line} or {@link #data} escaped as {@code printed}.
     *
     * @throws IllegalArgumentException if a backslash in it does not begin an escape
     */
    public static String parse(String printed) {
        if (printed.indexOf(ESCAPE) < 0) {
            return printed;
        }
        StringBuilder text = new StringBuilder(printed.length());
        for (int i = 0; i < printed.length(); ) {
            if (printed.charAt(i) == ESCAPE) {
                i += parseEscape(printed, i, text);
            } else {
                text.append(printed.charAt(i));
                i++;
            }
        }
        return text.toString();
    }

    /** Appends what the escape at {@code start} stands for, and returns the escape's length. */
    private static int parseEscape(String printed, int start, StringBuilder text) {
        char kind = start + 1 < printed.length() ? printed.charAt(start + 1) : 0;
        int digits = switch (kind) {
            case 'x' -> BYTE_DIGITS;
            case 'u' -> UNIT_DIGITS;
            default -> 0;
        };
        int end = start + 2 + digits;
        int value = digits == 0 ? literal(kind) : number(printed, start + 2, end);
        if (kind == 'x' && value >= 0x80) {
            text.append(KernelText.ofByte(value));
            return end - start;
        }
        if (Character.isHighSurrogate((char) value) && printed.startsWith("\\u", end)) {
            int low = number(printed, end + 2, end + 2 + UNIT_DIGITS);
            if (Character.isLowSurrogate((char) low)) {
                text.append((char) value).append((char) low);
                return end + 2 + UNIT_DIGITS - start;
            }
        }
        if (value <= 0 || kind == 'x' || Character.isSurrogate((char) value)) {
            throw new IllegalArgumentException(
                    "invalid escape in \"" + text + printed.substring(start) + "\": write a backslash twice");
        }
        text.append((char) value);
        return end - start;
    }

    /** Returns the character that {@code \} followed by {@code kind} stands for; 0 if none. */
    private static int literal(char kind) {
        return switch (kind) {
            case ESCAPE -> ESCAPE;
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> 0;
        };
    }

    /** Returns the hexadecimal number between these indexes; 0 if there is none. */
    private static int number(String printed, int start, int end) {
        boolean whole =
                end <= printed.length() && printed.substring(start, end).chars().allMatch(HexFormat::isHexDigit);
        return whole ? HexFormat.fromHexDigits(printed, start, end) : 0;
    }

    private static String escape(String text, String kept, boolean backslash) {
        int plain = 0;
        while (plain < text.length() && isPlain(text.charAt(plain), kept, backslash)) {
            plain++;
        }
        if (plain == text.length()) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, plain);
        text.substring(plain).codePoints().forEach(c -> {
            if (kept.indexOf(c) >= 0 || (isPrintable(c) && !(backslash && c == ESCAPE))) {
                out.appendCodePoint(c);
            } else {
                append(out, c);
            }
        });
        return out.toString();
    }

    private static boolean isPlain(char c, String kept, boolean backslash) {
        return (c >= FIRST_PLAIN && c <= LAST_PLAIN && !(backslash && c == ESCAPE)) || kept.indexOf(c) >= 0;
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    private static void append(StringBuilder out, int c) {
        switch (c) {
            case ESCAPE -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                if (KernelText.isByte(c)) {
                    out.append(String.format(Locale.ROOT, "\\x%02x", KernelText.toByte(c)));
                    return;
                }
                for (char unit : Character.toChars(c)) {
                    out.append(String.format(Locale.ROOT, "\\u%04x", (int) unit));
                }
            }
        }
    }
}
