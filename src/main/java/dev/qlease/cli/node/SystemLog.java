package dev.qlease.cli.node;

import dev.qlease.cli.output.Printable;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.UnixSockets;
import java.nio.charset.StandardCharsets;

/** The system log, for messages that have no other reader; syslog(3). */
final class SystemLog {
    /** The socket of the log, of systemd-journald, rsyslog and others. */
    static final String SOCKET = "/dev/log";

    /** The facility daemon (3) and the severity error (3); RFC 3164, section 4.1.1. */
    private static final String DAEMON_ERROR = "<27>";

    private SystemLog() {}

    /** Logs an error. Without a log, has no effect. */
    static void error(String socket, String sentence) {
        try {
            UnixSockets.sendDatagram(
                    socket, (DAEMON_ERROR + "qlease: " + Printable.line(sentence)).getBytes(StandardCharsets.UTF_8));
        } catch (LinuxException e) {
            // There is none, or it does not read: the failure is reported by the exit status, at least.
            return;
        }
    }
}
