package dev.qlease.cli;

import dev.qlease.netlink.IpAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What {@code qlease send} was told to do.
 *
 * @param dev the device to send by
 * @param to where to: an address, not a host's name, since names are looked up in another network namespace
 * @param memory where the dma-buf comes from
 * @param size bytes of the dma-buf; empty for a size that fits, or all of the one handed in
 * @param chunk bytes of a region, and so the most that one sendmsg sends; empty for what fits
 * @param timeout how long to wait for the connection, and at the end for anything to progress
 * @param file what to send; empty for standard input
 */
record SendRequest(
        String dev,
        InetSocketAddress to,
        SendMemory.Source memory,
        Optional<Long> size,
        Optional<Integer> chunk,
        Duration timeout,
        Optional<Path> file) {
    private static final long MOST = 1L << 40;
    private static final long MOST_CHUNK = 1 << 30;
    private static final int CHUNK = 256 << 10;
    private static final long SIZE = 4 << 20;

    /** How many regions a dma-buf has at least, if its size was not told: some are filled while others are sent. */
    private static final int REGIONS = 4;

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int LAST_PORT = 65535;

    /**
     * Makes sense of the options.
     *
     * @throws CommandException if they make none
     */
    static SendRequest of(Arguments arguments) {
        String dev = needed(arguments, Command.SEND, Option.DEV);
        InetSocketAddress to = address(Option.TO, needed(arguments, Command.SEND, Option.TO));
        Optional<Long> size = Values.size(Option.SIZE, arguments.value(Option.SIZE), 1, MOST);
        Optional<Long> chunk = Values.size(Option.CHUNK, arguments.value(Option.CHUNK), 1, MOST_CHUNK);
        if (size.isPresent() && chunk.isPresent() && chunk.get() > size.get()) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "a --chunk of " + Values.text(chunk.get()) + " does not fit into a --size of "
                            + Values.text(size.get()) + ": make the chunk smaller or the size larger");
        }
        return new SendRequest(
                dev,
                to,
                SendMemory.Source.parse(
                        Optional.ofNullable(arguments.value(Option.MEMORY)).orElse("auto")),
                size,
                chunk.map(Long::intValue),
                Values.duration(Option.TIMEOUT, arguments.value(Option.TIMEOUT)).orElse(TIMEOUT),
                arguments.argument().filter(file -> !file.equals("-")).map(Path::of));
    }

    /** What was given for {@code option}, without which {@code command} has nothing to do. */
    static String needed(Arguments arguments, Command command, Option option) {
        String value = arguments.value(option);
        if (value == null || value.isEmpty()) {
            throw new CommandException(
                    ExitCode.USAGE,
                    command.text() + " needs " + option.longName() + " " + option.value() + ": " + option.description()
                            + "; see qlease " + command.text() + " --help");
        }
        return value;
    }

    /** How large a dma-buf to make; of one that is handed in, how large it has to be. */
    long bytes() {
        if (size.isPresent()) {
            return size.get();
        }
        if (memory.handedIn()) {
            return chunk.orElse(1);
        }
        return Math.max(SIZE, (long) REGIONS * chunk.orElse(CHUNK));
    }

    /** Bytes of a region in a dma-buf with {@code room} for so many. */
    int chunk(long room) {
        return chunk.orElse((int) Math.min(CHUNK, (room + REGIONS - 1) / REGIONS));
    }

    /** {@code 192.0.2.1:80} or {@code [2001:db8::1]:80}, as it was given for {@code option}. */
    static InetSocketAddress address(Option option, String text) {
        int colon = text.lastIndexOf(':');
        String host = text.substring(0, Math.max(0, colon));
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (host.indexOf(':') >= 0 && !bracketed) {
            throw new CommandException(
                    ExitCode.USAGE,
                    option.longName() + " " + text
                            + ": an IPv6 address stands in brackets, with the port behind: [2001:db8::1]:80");
        }
        try {
            IpAddress address = IpAddress.parse(bracketed ? host.substring(1, host.length() - 1) : host);
            if (address.isIpv6() == bracketed) {
                return new InetSocketAddress(address.toInetAddress(), port(option, text, text.substring(colon + 1)));
            }
        } catch (IllegalArgumentException e) {
            throw new CommandException(
                    ExitCode.USAGE,
                    option.longName() + " " + text
                            + ": not an address and a port, such as 192.0.2.1:80 or [2001:db8::1]:80;"
                            + " names are not looked up",
                    e);
        }
        throw new CommandException(
                ExitCode.USAGE, option.longName() + " " + text + ": only an IPv6 address stands in brackets");
    }

    private static int port(Option option, String text, String port) {
        if (port.matches("[0-9]{1,5}")) {
            int number = Integer.parseInt(port);
            if (number > 0 && number <= LAST_PORT) {
                return number;
            }
        }
        throw new CommandException(
                ExitCode.USAGE,
                option.longName() + " " + text + ": a port is 1 to " + LAST_PORT + ", not \"" + port + "\"");
    }
}
