package dev.qlease.cli.transfer;

import java.util.Locale;
import java.util.OptionalLong;

/** Formats how far a transfer has come. */
public final class TransferProgress {
    private static final int WIDTH = 30;

    private TransferProgress() {}

    /** Formats a line such as {@code  50%  12.3 MiB  4.1 MiB/s  3 s left  [=====>    ]}. */
    public static String line(long done, OptionalLong total, long nanos) {
        double seconds = Math.max(nanos, 1) / 1e9;
        double rate = done / seconds;
        String amount = mebibytes((double) done) + "  " + mebibytes(rate) + "/s";
        if (total.isEmpty() || total.getAsLong() <= 0) {
            return amount;
        }
        double part = Math.min(1, (double) done / total.getAsLong());
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%3d%%  ", (int) (part * 100)));
        line.append(amount);
        if (rate > 0 && done < total.getAsLong()) {
            line.append(String.format(Locale.ROOT, "  %.0f s left", (total.getAsLong() - done) / rate));
        }
        int filled = (int) (part * WIDTH);
        line.append("  [").repeat('=', filled).append(filled < WIDTH ? ">" : "");
        return line.repeat(' ', Math.max(0, WIDTH - filled - 1)).append(']').toString();
    }

    /** Formats a number of bytes, such as {@code 4.0 MiB}. */
    public static String mebibytes(double bytes) {
        return decimal(bytes / (1 << 20), 1) + " MiB";
    }

    /** Returns {@code seconds} rounded to the microsecond. */
    public static double micros(double seconds) {
        return Math.round(seconds * 1e6) / 1e6;
    }

    /** Formats a non-negative number. The first use of String.format() takes longer than a short transfer. */
    public static String decimal(double value, int places) {
        long unit = 1;
        for (int i = 0; i < places; i++) {
            unit *= 10;
        }
        long scaled = Math.round(value * unit);
        return scaled / unit + "." + Long.toString(unit + scaled % unit).substring(1);
    }
}
