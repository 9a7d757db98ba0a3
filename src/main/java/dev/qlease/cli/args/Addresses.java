package dev.qlease.cli.args;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.netlink.IpAddress;
import java.net.InetSocketAddress;

/** Parses addresses with a port. */
public final class Addresses {
    private Addresses() {}

    /**
     * Parses {@code 192.0.2.1:80} or {@code [2001:db8::1]:80}, the value of {@code option}.
     *
     * @param leastPort the smallest valid port
     * @throws CommandException if it is invalid
     */
    public static InetSocketAddress parse(Option option, String text, int leastPort) {
        int colon = text.lastIndexOf(':');
        String host = text.substring(0, Math.max(0, colon));
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (host.indexOf(':') >= 0 && !bracketed) {
            throw new CommandException(
                    ExitCode.USAGE,
                    option.longName() + " " + text
                            + ": an IPv6 address is written in brackets before the port, such as [2001:db8::1]:80");
        }
        try {
            IpAddress address = IpAddress.parse(bracketed ? host.substring(1, host.length() - 1) : host);
            if (address.isIpv6() == bracketed) {
                return new InetSocketAddress(
                        address.toInetAddress(), port(option, text, text.substring(colon + 1), leastPort));
            }
        } catch (IllegalArgumentException e) {
            throw new CommandException(
                    ExitCode.USAGE,
                    option.longName() + " " + text
                            + ": not an address and a port, such as 192.0.2.1:80 or [2001:db8::1]:80;"
                            + " host names are not resolved",
                    e);
        }
        throw new CommandException(
                ExitCode.USAGE, option.longName() + " " + text + ": only an IPv6 address is written in brackets");
    }

    /**
     * Parses a port.
     *
     * @param text the value of {@code option}
     * @throws CommandException if it is invalid
     */
    public static int port(Option option, String text, String port, int leastPort) {
        if (port.matches("[0-9]{1,5}")) {
            int number = Integer.parseInt(port);
            if (number >= leastPort && number <= Values.LAST_PORT) {
                return number;
            }
        }
        throw new CommandException(
                ExitCode.USAGE,
                option.longName() + " " + text + ": a port is " + leastPort + " to " + Values.LAST_PORT + ", not \""
                        + port + "\"");
    }
}
