package dev.qlease.cli.log;

import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Gives slf4j the command's loggers. The command names this class to slf4j instead of providing it as a service: the
 * library leaves that choice to its users, and a search for services takes longer than a whole dump.
 */
public final class StandardErrorProvider implements SLF4JServiceProvider {
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter contexts = new NOPMDCAdapter();

    /** For slf4j. */
    public StandardErrorProvider() {}

    /**
     * Makes slf4j use this class; to be called before the first logger is made.
     *
     * @param debug whether to print everything, or warnings and errors only
     */
    public static void install(boolean debug) {
        StandardErrorLogger.verbose(debug);
        System.setProperty("slf4j.provider", StandardErrorProvider.class.getName());
        System.setProperty("slf4j.internal.verbosity", "WARN");
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return StandardErrorLogger::new;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return contexts;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    @Override
    public void initialize() {
        // Nothing to do: the loggers have no state.
    }
}
