package dev.qlease.cli.args;

import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.netlink.IpAddress;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

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

    /** Parses the value of {@code option}, an address that is reached by the device of {@code --dev}. */
    public static InetSocketAddress ofDevice(Option option, String text) {
        if (text.startsWith("[fe80:") && text.indexOf('%') >= 0) {
            throw new CommandException(
                    ExitCode.USAGE,
                    option.longName() + " " + text + ": an address's zone is always the device of --dev: omit it");
        }
        return parse(option, text, 1);
    }

    /**
     * As {@link #ofDevice(Option, String)}, but accepts a zone that is the device, as in {@code [fe80::1%eth0]:80}.
     */
    public static InetSocketAddress ofDevice(Option option, String text, String dev) {
        String zone = "%" + dev + "]:";
        int at = text.lastIndexOf(zone);
        return ofDevice(
                option,
                text.startsWith("[fe80:") && at >= 0 && text.indexOf('%') == at
                        ? text.substring(0, at) + "]:" + text.substring(at + zone.length())
                        : text);
    }

    /** Returns {@code address} with the device {@code ifindex} as its scope if it is link-local. */
    public static InetSocketAddress scoped(InetSocketAddress address, int ifindex) {
        if (!(address.getAddress() instanceof Inet6Address v6 && v6.isLinkLocalAddress())) {
            return address;
        }
        try {
            return new InetSocketAddress(Inet6Address.getByAddress(null, v6.getAddress(), ifindex), address.getPort());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an IPv6 address has a valid length", e);
        }
    }

    /** Returns an address as options take it: {@code 192.0.2.1:80} or {@code [2001:db8::1]:80}. */
    public static String text(InetSocketAddress address) {
        IpAddress host = IpAddress.of(address.getAddress());
        return (host.isIpv6() ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    /** Returns the exception for an address that cannot be listened on. */
    public static CommandException notListening(InetSocketAddress address, IOException e) {
        String message = Failure.message(e);
        String wayOut = "";
        if (message.startsWith("Address already in use")) {
            wayOut = "; another socket is listening there: choose another port, or 0 for a free one";
        } else if (message.startsWith("Cannot assign")) {
            wayOut = "; this machine does not have that address";
        }
        return new CommandException(ExitCode.FAILED, "listening on " + text(address) + ": " + message + wayOut, e);
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
