package dev.qlease.cli.bench;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Writes a picture as SVG 1.1. Text is escaped, and characters that XML does not have are replaced. */
final class Svg {
    private static final String STYLE = """
            <style>
            text { fill: #222222; font: 14px sans-serif }
            .title { font-weight: bold; font-size: 17px }
            .small { font-size: 12px }
            .axis { stroke: #444444; stroke-width: 1.5 }
            .grid { stroke: #dddddd; stroke-width: 1 }
            </style>
            """;

    private static final double MARKER = 5;
    private static final int REPLACEMENT = 0xfffd;

    private final int width;
    private final int height;
    private final StringBuilder shapes = new StringBuilder();

    Svg(int width, int height) {
        this.width = width;
        this.height = height;
    }

    void line(String style, double x1, double y1, double x2, double y2) {
        shapes.append("<line class=\"" + style + "\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\""
                + number(x2) + "\" y2=\"" + number(y2) + "\"/>\n");
    }

    /** Adds text at its {@code anchor}: start, middle or end. An empty style is the plain one. */
    void text(double x, double y, String anchor, String style, String text) {
        shapes.append("<text" + (style.isEmpty() ? "" : " class=\"" + style + "\"") + " x=\"" + number(x) + "\" y=\""
                + number(y) + "\" text-anchor=\"" + anchor + "\">" + escape(text) + "</text>\n");
    }

    /** Adds text that runs upwards, centred at this point. */
    void vertical(double x, double y, String text) {
        shapes.append("<text transform=\"translate(" + number(x) + " " + number(y)
                + ") rotate(-90)\" text-anchor=\"middle\">" + escape(text) + "</text>\n");
    }

    void polyline(String colour, boolean dashed, double[] xs, double[] ys) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < xs.length; i++) {
            points.append(i == 0 ? "" : " ").append(number(xs[i])).append(',').append(number(ys[i]));
        }
        shapes.append("<polyline fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2.5\""
                + (dashed ? " stroke-dasharray=\"7 5\"" : "") + " points=\"" + points + "\"/>\n");
    }

    /** Adds one of four markers, centred at this point. */
    void marker(int kind, String colour, double x, double y) {
        String path = switch (kind % 4) {
            case 0 -> "M-1 0 A1 1 0 1 0 1 0 A1 1 0 1 0 -1 0 z";
            case 1 -> "M-1 -1 H1 V1 H-1 z";
            case 2 -> "M0 -1.2 L1.2 1 H-1.2 z";
            default -> "M0 -1.4 L1.4 0 L0 1.4 L-1.4 0 z";
        };
        shapes.append("<path fill=\"" + colour + "\" transform=\"translate(" + number(x) + " " + number(y) + ") scale("
                + number(MARKER) + ")\" d=\"" + path + "\"/>\n");
    }

    /** Returns the whole picture, with a white background. */
    String text(String title, String description) {
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + width + " " + height + "\" width=\"" + width
                + "\" height=\"" + height + "\" role=\"img\">\n<title>" + escape(title) + "</title>\n<desc>"
                + escape(description) + "</desc>\n" + STYLE + "<rect width=\"" + width + "\" height=\"" + height
                + "\" rx=\"8\" fill=\"#ffffff\"/>\n" + shapes + "</svg>\n";
    }

    private static String number(double value) {
        return BigDecimal.valueOf(value)
                .setScale(2, RoundingMode.HALF_UP)
                .stripTrailingZeros()
                .toPlainString();
    }

    private static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default -> escaped.appendCodePoint(isOfXml(c) ? c : REPLACEMENT);
            }
        });
        return escaped.toString();
    }

    /** The characters of XML 1.0, but no control characters. */
    private static boolean isOfXml(int c) {
        return !Character.isISOControl(c) && (c < 0xd800 || c > 0xdfff) && c != 0xfffe && c != 0xffff;
    }
}
