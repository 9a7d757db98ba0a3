package dev.qlease.cli;

import dev.qlease.devmem.DevmemOutput;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.rtnetlink.Link;
import java.time.Duration;
import java.util.Optional;

/** What {@code qlease send} says when it cannot go on. */
final class SendFailure {
    private SendFailure() {}

    /** The connection was not made. */
    static RuntimeException connecting(LinuxException e, Link link, Duration timeout) {
        String wayOut = switch (e.errno().orElse(Errno.EIO)) {
            case ECONNREFUSED -> "nobody listens there";
            case ETIMEDOUT -> "no answer in " + text(timeout) + "; --timeout waits longer";
            case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL ->
                "there is no way to it by " + link.ifname()
                        + (link.isUp() ? ": it takes an address and a route" : ", which is down");
            default -> "";
        };
        return wayOut.isEmpty() ? e : new CommandException(ExitCode.FAILED, Failure.message(e) + "; " + wayOut, e);
    }

    /** Sending failed, or was ended because the device is gone. */
    static RuntimeException sending(RuntimeException e, Link link, DevmemOutput sending, Optional<String> loss) {
        if (loss.isPresent()) {
            return new CommandException(
                    ExitCode.NOT_FOUND,
                    "device " + link.ifname() + " went away while it was sent by; " + loss.get(),
                    e);
        }
        if (!(e instanceof LinuxException failure)) {
            return e;
        }
        String reason = switch (failure.errno().orElse(Errno.EIO)) {
            case ECONNRESET, EPIPE -> "the peer has ended the connection";
            case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH -> "the peer cannot be reached any more";
            case ENODEV ->
                "the route leaves by another device than the one that the memory is bound to, or that is gone";
            default -> "";
        };
        return new CommandException(
                failure.is(Errno.ENODEV) ? ExitCode.NOT_FOUND : ExitCode.FAILED,
                Failure.message(e) + (reason.isEmpty() ? "" : ": " + reason) + "; " + soFar(sending),
                e);
    }

    /** Nothing progressed for too long, after everything had been sent. */
    static RuntimeException stalled(DevmemOutput sending, Duration timeout) {
        return new CommandException(
                ExitCode.FAILED,
                "the peer takes no more: nothing progressed for " + text(timeout) + "; " + soFar(sending)
                        + "; --timeout waits longer");
    }

    /** How far it came. */
    static String soFar(DevmemOutput sending) {
        return "the peer acknowledged " + sending.acknowledged() + " of the " + sending.bytes() + " bytes sent";
    }

    private static String text(Duration timeout) {
        return timeout.toMillis() / 1e3 + " s";
    }
}
