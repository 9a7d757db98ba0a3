package dev.qlease.cli.output;

import dev.qlease.bpf.BpfFileException;
import dev.qlease.lease.LeaseException;
import dev.qlease.lease.LeaseRefusedException;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NotANetworkNamespaceException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.net.NoSuchLinkException;
import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.node.BindingRefusedException;
import dev.qlease.node.cdi.CdiException;
import dev.qlease.node.cni.CniCode;
import dev.qlease.node.cni.CniException;
import dev.qlease.ops.InvalidFileException;
import dev.qlease.ops.OpsException;
import java.nio.file.InvalidPathException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A command's failure, as reported to its user.
 *
 * @param exitCode the exit status
 * @param sentence what failed, why, and the remedy where there is one
 * @param errno the kernel's error, if it came from there
 */
public record Failure(ExitCode exitCode, String sentence, Optional<Errno> errno) {
    /** Returns how to report {@code thrown}. */
    public static Failure of(Throwable thrown) {
        return switch (thrown) {
            case CommandException e -> new Failure(e.exitCode(), message(e), errno(e.getCause()));
            case LeaseException e -> of(e);
            case LeaseRefusedException e -> new Failure(exitCode(e.reason()), message(e), Optional.empty());
            case BindingRefusedException e -> new Failure(exitCode(e.reason()), message(e), errno(e.getCause()));
            case CniException e -> new Failure(exitCode(e), message(e), Optional.empty());
            case CdiException e -> new Failure(exitCode(e), message(e), errno(e.getCause()));
            case InvalidFileException e ->
                new Failure(ExitCode.USAGE, String.join("; ", e.problems()), Optional.empty());
            case OpsException e -> of(e);
            case LinuxException e -> new Failure(exitCode(e), message(e) + wayOut(e), e.errno());
            case NotANetworkNamespaceException e -> new Failure(ExitCode.NOT_FOUND, message(e), Optional.empty());
            case BpfFileException e -> new Failure(ExitCode.FAILED, message(e), Optional.empty());
            case NoSuchLinkException e -> new Failure(ExitCode.NOT_FOUND, message(e), Optional.empty());
            case InvalidPathException e -> new Failure(ExitCode.USAGE, message(e), Optional.empty());
            case OutOfMemoryError e ->
                new Failure(
                        ExitCode.FAILED,
                        "this takes more memory than Java may use (" + message(e) + "): request less",
                        Optional.empty());
            case StackOverflowError e ->
                new Failure(ExitCode.FAILED, "this is nested too deeply for Java's stack", Optional.empty());
            case UnsatisfiedLinkError e -> new Failure(ExitCode.FAILED, message(e), Optional.empty());
            default ->
                new Failure(
                        ExitCode.FAILED,
                        "internal error, please report it with the output of --debug: " + thrown,
                        Optional.empty());
        };
    }

    private static ExitCode exitCode(CniException e) {
        if (e.code() <= CniCode.CONFIGURATION.number() && e.code() != CniCode.INPUT.number()) {
            return ExitCode.USAGE;
        }
        return ExitCode.FAILED;
    }

    private static ExitCode exitCode(CdiException e) {
        return switch (e.reason()) {
            case INVALID -> ExitCode.USAGE;
            case NOT_FOUND -> ExitCode.NOT_FOUND;
            case UNSUPPORTED -> ExitCode.UNSUPPORTED;
            case NOT_PERMITTED -> ExitCode.NOT_PERMITTED;
            case FAILED -> ExitCode.FAILED;
        };
    }

    private static ExitCode exitCode(BindingRefusedException.Reason reason) {
        return switch (reason) {
            case UNSUPPORTED -> ExitCode.UNSUPPORTED;
            case NO_LEASE, NOT_LEASED, NOT_PROVEN -> ExitCode.NOT_PERMITTED;
            case INVALID, NOT_READY, IN_USE, BUSY, FAILED, NO_REPLY -> ExitCode.FAILED;
        };
    }

    private static ExitCode exitCode(LeaseRefusedException.Reason reason) {
        return switch (reason) {
            case NOT_FOUND -> ExitCode.NOT_FOUND;
            case UNSUPPORTED, UNSAFE -> ExitCode.UNSUPPORTED;
            case DOWN, IN_USE, CHANGED, STATE, BUSY -> ExitCode.FAILED;
        };
    }

    private static Failure of(LeaseException e) {
        Failure cause = of(Objects.requireNonNull(e.getCause()));
        String wayOut = e.getCause() instanceof LinuxException kernel ? wayOut(kernel) : "";
        return new Failure(cause.exitCode(), message(e) + wayOut, cause.errno());
    }

    private static Failure of(OpsException e) {
        Optional<Failure> cause = Optional.ofNullable(e.getCause()).map(Failure::of);
        ExitCode exitCode = switch (e.reason()) {
            case NOT_FOUND -> ExitCode.NOT_FOUND;
            case UNSUPPORTED -> ExitCode.UNSUPPORTED;
            case STATE, FAILED -> ExitCode.FAILED;
        };
        return new Failure(cause.map(Failure::exitCode).orElse(exitCode), message(e), cause.flatMap(Failure::errno));
    }

    /** Returns the message of {@code thrown}, or its class if it has none. */
    public static String message(Throwable thrown) {
        return Objects.requireNonNullElseGet(thrown.getMessage(), thrown::toString);
    }

    private static Optional<Errno> errno(@Nullable Throwable cause) {
        return cause instanceof LinuxException e ? e.errno() : Optional.empty();
    }

    private static ExitCode exitCode(LinuxException e) {
        if (e instanceof UnsupportedException) {
            return ExitCode.UNSUPPORTED;
        }
        if (e.is(Errno.EPERM) || (e.is(Errno.EACCES) && !saysWhy(e))) {
            return ExitCode.NOT_PERMITTED;
        }
        return e.is(Errno.ENODEV) ? ExitCode.NOT_FOUND : ExitCode.FAILED;
    }

    /** With EACCES, the kernel gives a reason where a state forbids it, such as "IPv6 is disabled on this device". */
    private static boolean saysWhy(LinuxException e) {
        return e instanceof NetlinkException refusal
                && refusal.extendedAck().message().isPresent();
    }

    private static String wayOut(LinuxException e) {
        if (e instanceof DumpInterruptedException) {
            return "; retry when devices change less often";
        }
        return switch (exitCode(e)) {
            case UNSUPPORTED -> "; qlease doctor says what this kernel lacks";
            case NOT_PERMITTED -> "; run it as root, or with the required capability";
            case NOT_FOUND -> "; qlease links lists all devices";
            default -> "";
        };
    }

    /** The form in which it is printed. */
    private record Json(String error, Optional<String> errno, int exit) {}

    Record toJson() {
        return new Json(sentence, errno.map(Errno::name), exitCode.number());
    }
}
