package dev.qlease.cli.transfer;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.dmabuf.MemorySource;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The options of {@code qlease send}.
 *
 * @param dev the device to send with
 * @param to the peer's address, not a host name, since names would be resolved in another network namespace
 * @param memory the provider of the dma-buf
 * @param size bytes of the dma-buf; empty for a default, or for all of one handed in
 * @param chunk bytes of a region, the most that one sendmsg sends; empty for a default
 * @param timeout the longest wait for the connection, and for progress once everything has been sent
 * @param file the file to send; empty for standard input
 */
record SendRequest(
        String dev,
        InetSocketAddress to,
        MemorySource memory,
        Optional<Long> size,
        Optional<Integer> chunk,
        Duration timeout,
        Optional<Path> file) {
    private static final long MOST = 1L << 40;
    private static final long MOST_CHUNK = 1 << 30;
    private static final int CHUNK = 256 << 10;
    private static final long SIZE = 4 << 20;

    /** The least number of regions of a dma-buf of default size: some are filled while others are sent. */
    private static final int REGIONS = 4;

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /**
     * Parses the options.
     *
     * @throws CommandException if an option is missing or invalid
     */
    static SendRequest of(Arguments arguments) {
        String dev = arguments.required(Option.DEV);
        InetSocketAddress to = Addresses.ofDevice(Option.TO, arguments.required(Option.TO), dev);
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
                SendMemory.source(
                        Optional.ofNullable(arguments.value(Option.MEMORY)).orElse("auto")),
                size,
                chunk.map(Long::intValue),
                Values.duration(Option.TIMEOUT, arguments.value(Option.TIMEOUT)).orElse(TIMEOUT),
                arguments.argument().filter(file -> !file.equals("-")).map(Path::of));
    }

    /** Returns the size of the dma-buf to allocate, or the least size of one handed in. */
    long bytes() {
        if (size.isPresent()) {
            return size.get();
        }
        if (memory.handedIn()) {
            return chunk.orElse(1);
        }
        return Math.max(SIZE, (long) REGIONS * chunk.orElse(CHUNK));
    }

    /** Returns the bytes of a region in a dma-buf with {@code room} bytes. */
    int chunk(long room) {
        return chunk.orElse((int) Math.min(CHUNK, (room + REGIONS - 1) / REGIONS));
    }
}
