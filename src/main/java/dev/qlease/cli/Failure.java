package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.lease.LeaseException;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.DumpInterruptedException;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A command that went wrong, as its user is told.
 *
 * @param exitCode the exit status
 * @param sentence what happened to what, and the way out where there is one
 * @param errno the kernel's error, if it was one
 */
record Failure(ExitCode exitCode, String sentence, Optional<Errno> errno) {
    /** What to tell of {@code thrown}. */
    static Failure of(Throwable thrown) {
        return switch (thrown) {
            case CommandException e -> new Failure(e.exitCode(), message(e), errno(e.getCause()));
            case LeaseException e -> of(e);
            case LinuxException e -> new Failure(exitCode(e), message(e) + wayOut(e), e.errno());
            case UnsatisfiedLinkError e -> new Failure(ExitCode.FAILED, message(e), Optional.empty());
            default ->
                new Failure(
                        ExitCode.FAILED,
                        "internal error, please report it with what --debug prints: " + thrown,
                        Optional.empty());
        };
    }

    private static Failure of(LeaseException e) {
        Failure cause = of(Objects.requireNonNull(e.getCause()));
        String wayOut = e.getCause() instanceof LinuxException kernel ? wayOut(kernel) : "";
        return new Failure(cause.exitCode(), message(e) + wayOut, cause.errno());
    }

    /** What {@code thrown} says. */
    static String message(Throwable thrown) {
        return Objects.requireNonNullElseGet(thrown.getMessage(), thrown::toString);
    }

    private static Optional<Errno> errno(@Nullable Throwable cause) {
        return cause instanceof LinuxException e ? e.errno() : Optional.empty();
    }

    private static ExitCode exitCode(LinuxException e) {
        if (e instanceof UnsupportedException) {
            return ExitCode.UNSUPPORTED;
        }
        if (e.is(Errno.EPERM) || e.is(Errno.EACCES)) {
            return ExitCode.NOT_PERMITTED;
        }
        return e.is(Errno.ENODEV) ? ExitCode.NOT_FOUND : ExitCode.FAILED;
    }

    private static String wayOut(LinuxException e) {
        if (e instanceof DumpInterruptedException) {
            return "; run it again when fewer devices come and go";
        }
        return switch (exitCode(e)) {
            case UNSUPPORTED -> "; qlease doctor says what this kernel lacks";
            case NOT_PERMITTED -> "; run it as root, or with the capability it takes";
            case NOT_FOUND -> "; qlease links lists the devices that there are";
            default -> "";
        };
    }

    /** Writes it as an object with {@code error}. */
    void writeTo(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("error", sentence);
        if (errno.isPresent()) {
            json.writeStringField("errno", errno.get().name());
        }
        json.writeNumberField("exit", exitCode.number());
        json.writeEndObject();
    }
}
