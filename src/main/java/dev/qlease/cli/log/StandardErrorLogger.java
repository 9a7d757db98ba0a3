package dev.qlease.cli.log;

import dev.qlease.cli.output.Printable;
import dev.qlease.linux.sys.Log;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.text.MessageFormat;
import java.util.Locale;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/** Prints log messages to standard error: warnings and errors, or everything with {@code --debug}. */
public final class StandardErrorLogger implements System.Logger {
    private static volatile boolean verbose;

    private final String name;

    private StandardErrorLogger(String name) {
        this.name = name.substring(name.lastIndexOf('.') + 1);
    }

    /**
     * Routes the library's log messages here; must be called before the first one.
     *
     * @param debug whether to print everything, or warnings and errors only
     */
    public static void install(boolean debug) {
        verbose = debug;
        Log.use(StandardErrorLogger::new);
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public boolean isLoggable(Level level) {
        return verbose || level.getSeverity() >= Level.WARNING.getSeverity();
    }

    @Override
    public void log(Level level, @Nullable ResourceBundle bundle, String message, @Nullable Throwable thrown) {
        if (!isLoggable(level)) {
            return;
        }
        String origin = verbose ? name + ": " : "";
        String title = level == Level.WARNING ? "warn" : level.getName().toLowerCase(Locale.ROOT);
        String line = "qlease: " + title + ": " + origin + message;
        StringWriter lines = new StringWriter().append(Printable.line(line)).append('\n');
        if (thrown != null) {
            thrown.printStackTrace(new PrintWriter(lines));
        }
        System.err.print(Printable.block(lines.toString()));
    }

    @Override
    public void log(Level level, @Nullable ResourceBundle bundle, String format, @Nullable Object... parameters) {
        boolean plain = parameters == null || parameters.length == 0;
        log(level, bundle, plain ? format : MessageFormat.format(format, parameters), (Throwable) null);
    }
}
