package dev.qlease.cli.log;

import java.io.Serial;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** Prints warnings and errors to standard error, and everything if asked to. */
final class StandardErrorLogger extends LegacyAbstractLogger {
    @Serial
    private static final long serialVersionUID = 1;

    private static volatile boolean verbose;

    StandardErrorLogger(String name) {
        this.name = name.substring(name.lastIndexOf('.') + 1);
    }

    static void verbose(boolean everything) {
        verbose = everything;
    }

    @Override
    public boolean isTraceEnabled() {
        return verbose;
    }

    @Override
    public boolean isDebugEnabled() {
        return verbose;
    }

    @Override
    public boolean isInfoEnabled() {
        return verbose;
    }

    @Override
    public boolean isWarnEnabled() {
        return true;
    }

    @Override
    public boolean isErrorEnabled() {
        return true;
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
        return null;
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level level,
            @Nullable Marker marker,
            String message,
            Object @Nullable [] arguments,
            @Nullable Throwable thrown) {
        String text = MessageFormatter.basicArrayFormat(message, arguments);
        String origin = verbose ? name + ": " : "";
        System.err.println("qlease: " + level.toString().toLowerCase(Locale.ROOT) + ": " + origin + text);
        if (thrown != null) {
            thrown.printStackTrace();
        }
    }
}
