package dev.qlease.linux.sys;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one class, which go to {@link System.Logger}, or to where a program has set that they {@linkplain
 * #use go}. No logger is looked for before the first message or question: looking takes longer than a request.
 * Thread-safe.
 */
public final class Log {
    private static volatile Function<String, Logger> loggers = Log::ofSystem;

    private final String name;
    private volatile @Nullable Logger logger;

    private Log(String name) {
        this.name = name;
    }

    /** Messages of {@code owner}. */
    public static Log of(Class<?> owner) {
        return new Log(owner.getName());
    }

    /** Sets who makes the loggers that have not been made yet, by the names of classes. */
    public static void use(Function<String, Logger> made) {
        loggers = made;
    }

    private static Logger ofSystem(String name) {
        return System.getLogger(name);
    }

    private Logger logger() {
        Logger known = logger;
        if (known == null) {
            known = loggers.apply(name);
            logger = known;
        }
        return known;
    }

    /** Returns whether messages about each netlink message are wanted. */
    public boolean isTraceEnabled() {
        return logger().isLoggable(Level.TRACE);
    }

    /** Returns whether messages about what was decided are wanted. */
    public boolean isDebugEnabled() {
        return logger().isLoggable(Level.DEBUG);
    }

    /** Logs a message about a netlink message. */
    public void trace(String message) {
        logger().log(Level.TRACE, message);
    }

    /** Logs a message about what was decided. */
    public void debug(String message) {
        logger().log(Level.DEBUG, message);
    }

    /** Logs a problem that someone should look into. */
    public void warn(String message) {
        logger().log(Level.WARNING, message);
    }

    /** As {@link #warn(String)}, with what was thrown. */
    public void warn(String message, Throwable thrown) {
        logger().log(Level.WARNING, message, thrown);
    }
}
