package dev.qlease.cli.transfer;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.devmem.DevmemOutput;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.rtnetlink.Link;
import java.time.Duration;
import java.util.Optional;

/** Error messages of {@code qlease send}. */
public final class SendFailure {
    private SendFailure() {}

    /** Returns the exception for a connection that could not be established. */
    public static RuntimeException connecting(LinuxException e, Link link, Duration timeout) {
        String wayOut = switch (e.errno().orElse(Errno.EIO)) {
            case ECONNREFUSED -> "no socket is listening there";
            case ETIMEDOUT -> "no answer within " + text(timeout) + "; wait longer with --timeout";
            case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL ->
                "it cannot be reached through " + link.ifname()
                        + (link.isUp() ? ": that requires an address and a route" : ", which is down");
            default -> "";
        };
        return wayOut.isEmpty() ? e : new CommandException(ExitCode.FAILED, Failure.message(e) + "; " + wayOut, e);
    }

    /** Returns the exception for sending that failed, or was ended because the device is gone. */
    static RuntimeException sending(RuntimeException e, Link link, DevmemOutput sending, Optional<String> loss) {
        if (loss.isPresent()) {
            return new CommandException(
                    ExitCode.NOT_FOUND,
                    "device " + link.ifname() + " was removed during the transfer; " + loss.get(),
                    e);
        }
        if (!(e instanceof LinuxException failure)) {
            return e;
        }
        String reason = switch (failure.errno().orElse(Errno.EIO)) {
            case ECONNRESET, EPIPE -> "the peer closed the connection";
            case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH -> "the peer is no longer reachable";
            case ENODEV ->
                "the route leads to another device than the one that the memory is bound to, or that device is gone";
            default -> "";
        };
        return new CommandException(
                failure.is(Errno.ENODEV) ? ExitCode.NOT_FOUND : ExitCode.FAILED,
                Failure.message(e) + (reason.isEmpty() ? "" : ": " + reason) + "; " + soFar(sending),
                e);
    }

    /** Returns the exception for a peer that made no progress for too long, after everything had been sent. */
    static RuntimeException stalled(DevmemOutput sending, Duration timeout) {
        return new CommandException(
                ExitCode.FAILED,
                "the peer has stalled: no progress for " + text(timeout) + "; " + soFar(sending)
                        + "; wait longer with --timeout");
    }

    /** Returns a clause about how much was sent. */
    static String soFar(DevmemOutput sending) {
        return "the peer acknowledged " + sending.acknowledged() + " of the " + sending.bytes() + " bytes sent";
    }

    private static String text(Duration timeout) {
        return timeout.toMillis() / 1e3 + " s";
    }
}
