package dev.qlease.cli.node;

import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.output.Output;
import dev.qlease.lease.LeaseException;
import dev.qlease.lease.LeaseRefusedException;
import dev.qlease.node.cni.CniCode;
import dev.qlease.node.cni.CniException;
import dev.qlease.node.cni.CniPlugin;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/**
 * {@code qlease cni}, which container engines run as a plugin. Prints a result or an error object on standard output,
 * and nothing else there.
 */
public final class CniCommand {
    private CniCommand() {}

    /**
     * Runs the plugin.
     *
     * @param debug whether to print stack traces of errors on standard error
     */
    public static ExitCode run(Map<String, String> environment, InputStream input, Output output, boolean debug) {
        CniPlugin plugin = new CniPlugin(environment, input);
        try {
            plugin.run(result -> {
                output.print(result);
                output.flush();
            });
            return ExitCode.DONE;
        } catch (IOException | RuntimeException | Error e) {
            return fail(plugin, e, output, debug);
        }
    }

    private static ExitCode fail(CniPlugin plugin, Throwable thrown, Output output, boolean debug) {
        Failure failure = Failure.of(thrown);
        String error = thrown instanceof CniException e
                ? plugin.error(e.code(), failure.sentence(), e.details())
                : plugin.error(code(thrown, failure.exitCode()).number(), failure.sentence(), List.of());
        try {
            if (debug) {
                output.trace(thrown);
            }
            output.print(error);
            output.flush();
        } catch (IOException e) {
            // Standard output or error is closed: only the exit code can report the failure.
            return failure.exitCode();
        }
        return failure.exitCode();
    }

    private static CniCode code(Throwable thrown, ExitCode exitCode) {
        boolean busy =
                (thrown instanceof LeaseException e ? e.getCause() : thrown) instanceof LeaseRefusedException refusal
                        && refusal.reason() == LeaseRefusedException.Reason.BUSY;
        if (busy) {
            return CniCode.TRY_AGAIN;
        }
        return switch (exitCode) {
            case USAGE -> CniCode.CONFIGURATION;
            case UNSUPPORTED -> CniCode.UNSUPPORTED;
            case NOT_PERMITTED -> CniCode.NOT_PERMITTED;
            case NOT_FOUND -> CniCode.NOT_FOUND;
            default -> CniCode.FAILED;
        };
    }
}
