package dev.qlease.cli.transfer;

import dev.qlease.cli.output.Output;
import dev.qlease.devmem.DevmemOutput;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;

/** Shows the progress of sending on a terminal: a line that is overwritten until this is closed. */
final class SendProgress implements AutoCloseable {
    private static final long PERIOD_MILLIS = 200;
    private static final int WIDTH = 30;
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

    /** Moves to the start of the line and clears it; ECMA-48. */
    private static final String CLEAR = "\r\u001b[K";

    private final DevmemOutput sending;
    private final OptionalLong total;
    private final Output output;
    private final long start = System.nanoTime();
    private final Thread thread;

    private SendProgress(DevmemOutput sending, OptionalLong total, Output output) {
        this.sending = sending;
        this.total = total;
        this.output = output;
        this.thread = Thread.ofPlatform().daemon().name("qlease-progress").unstarted(this::run);
    }

    /**
     * Starts to show the progress.
     *
     * @param total how many bytes there are to send, if known
     */
    static SendProgress show(DevmemOutput sending, OptionalLong total, Output output) {
        SendProgress progress = new SendProgress(sending, total, output);
        progress.thread.start();
        return progress;
    }

    /** Returns whether standard error is a terminal. */
    static boolean isTerminal() {
        try {
            String file = KernelFiles.readLink(STANDARD_ERROR);
            return file.startsWith("/dev/pts/")
                    || file.startsWith("/dev/tty")
                    || file.startsWith("/dev/hvc")
                    || file.equals("/dev/console");
        } catch (LinuxException e) {
            return false;
        }
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                output.overwrite(CLEAR + line(sending.acknowledged(), total, System.nanoTime() - start));
                Thread.sleep(PERIOD_MILLIS);
            }
        } catch (IOException | InterruptedException | IllegalStateException e) {
            // The terminal is gone, or there is nothing more to show.
            return;
        }
    }

    /** Formats a line such as {@code [=====>    ]  50%  12.3 MiB  4.1 MiB/s  3 s left}. */
    static String line(long done, OptionalLong total, long nanos) {
        double seconds = Math.max(nanos, 1) / 1e9;
        double rate = done / seconds;
        StringBuilder line = new StringBuilder();
        if (total.isPresent() && total.getAsLong() > 0) {
            double part = Math.min(1, (double) done / total.getAsLong());
            int filled = (int) (part * WIDTH);
            line.append('[').repeat('=', filled).append(filled < WIDTH ? ">" : "");
            line.repeat(' ', Math.max(0, WIDTH - filled - 1)).append(']');
            line.append(String.format(Locale.ROOT, " %3d%%  ", (int) (part * 100)));
        }
        line.append(mebibytes((double) done))
                .append("  ")
                .append(mebibytes(rate))
                .append("/s");
        if (total.isPresent() && rate > 0 && done < total.getAsLong()) {
            line.append(String.format(Locale.ROOT, "  %.0f s left", (total.getAsLong() - done) / rate));
        }
        return line.toString();
    }

    static String mebibytes(double bytes) {
        return decimal(bytes / (1 << 20), 1) + " MiB";
    }

    /** Returns {@code seconds} rounded to the microsecond. */
    static double micros(double seconds) {
        return Math.round(seconds * 1e6) / 1e6;
    }

    /** Formats a non-negative number. The first use of String.format() takes longer than a short transfer. */
    static String decimal(double value, int places) {
        long unit = 1;
        for (int i = 0; i < places; i++) {
            unit *= 10;
        }
        long scaled = Math.round(value * unit);
        return scaled / unit + "." + Long.toString(unit + scaled % unit).substring(1);
    }

    /** Stops, and clears the line. */
    @Override
    public void close() throws IOException {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        output.overwrite(CLEAR);
    }
}
