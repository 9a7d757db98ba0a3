package dev.qlease.cli.bench;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.transfer.ReceiveMemory;
import dev.qlease.cli.transfer.SendMemory;
import dev.qlease.dmabuf.MemorySource;
import dev.qlease.linux.sys.KernelText;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * The options of {@code qlease bench} without {@code --serve}.
 *
 * @param dev the device to send and receive with
 * @param to the server's address
 * @param from the local address to receive at; empty for any
 * @param directions what to measure
 * @param queues the queues to bind; empty for the leased ones
 * @param memory the provider of the dma-bufs
 * @param size bytes of each dma-buf; empty for a default, or for all of one handed in
 * @param chunks the most bytes that one system call moves, in the order of measuring; at least one
 * @param bytes bytes to move in each run
 * @param turns runs of each kind
 * @param timeout the longest wait for a connection, and for progress
 * @param format how to print the results
 * @param plot where to draw them
 */
record BenchRequest(
        String dev,
        InetSocketAddress to,
        Optional<InetSocketAddress> from,
        List<Direction> directions,
        List<Integer> queues,
        MemorySource memory,
        Optional<Long> size,
        List<Integer> chunks,
        long bytes,
        int turns,
        Duration timeout,
        Format format,
        Optional<Path> plot) {
    private static final long MOST_SIZE = 1L << 40;
    private static final long MOST_CHUNK = 1 << 30;
    private static final List<Integer> CHUNKS = List.of(64 << 10, 256 << 10, 1 << 20);
    private static final int MOST_CHUNKS = 64;
    private static final long BYTES = 1 << 30;
    private static final int TURNS = 3;
    private static final int MOST_TURNS = 1000;
    private static final long SEND_SIZE = 4 << 20;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** The least number of regions of a dma-buf of default size, so that sends can overlap. */
    private static final int REGIONS = 4;

    /** How to print the results. */
    enum Format {
        TABLE,
        JSON,
        CSV
    }

    BenchRequest {
        directions = List.copyOf(directions);
        queues = List.copyOf(queues);
        chunks = List.copyOf(chunks);
    }

    /**
     * Parses the options.
     *
     * @throws CommandException if an option is missing or invalid
     */
    static BenchRequest of(Arguments arguments) {
        String dev = arguments.required(Option.DEV);
        InetSocketAddress to = Addresses.ofDevice(Option.TO, arguments.required(Option.TO), dev);
        List<Integer> chunks = chunks(arguments);
        Optional<Long> size = Values.size(Option.SIZE, arguments.value(Option.SIZE), 1, MOST_SIZE);
        long bytes = Values.size(Option.BYTES, arguments.value(Option.BYTES), 1, Message.MOST_BYTES)
                .orElse(BYTES);
        int largest = Collections.max(chunks);
        require(size.isEmpty() || largest <= size.get(), "--size", size.orElse(0L), largest);
        require(largest <= bytes, "--bytes", bytes, largest);
        return new BenchRequest(
                dev,
                to,
                from(arguments, dev, to),
                directions(arguments),
                Values.queues(arguments),
                SendMemory.source(
                        Optional.ofNullable(arguments.value(Option.MEMORY)).orElse("auto")),
                size,
                chunks,
                bytes,
                turns(arguments),
                Values.duration(Option.TIMEOUT, arguments.value(Option.TIMEOUT)).orElse(TIMEOUT),
                format(arguments),
                Optional.ofNullable(arguments.value(Option.PLOT)).map(KernelText::path));
    }

    private static void require(boolean fits, String option, long value, int chunk) {
        if (!fits) {
            throw usage("a --chunk of " + Values.text(chunk) + " does not fit into a " + option + " of "
                    + Values.text(value) + ": make the chunk smaller or " + option + " larger");
        }
    }

    private static CommandException usage(String sentence) {
        return new CommandException(ExitCode.USAGE, sentence);
    }

    private static List<Integer> chunks(Arguments arguments) {
        if (!arguments.has(Option.CHUNKS)) {
            return CHUNKS;
        }
        List<Integer> chunks = new ArrayList<>();
        for (String text : arguments.values(Option.CHUNKS)) {
            chunks.add(Values.size(Option.CHUNKS, text, 1, MOST_CHUNK)
                    .orElseThrow()
                    .intValue());
        }
        if (new HashSet<>(chunks).size() != chunks.size()) {
            throw usage("--chunk names a size twice: " + String.join(",", arguments.values(Option.CHUNKS)));
        }
        if (chunks.size() > MOST_CHUNKS) {
            throw usage("--chunk takes at most " + MOST_CHUNKS + " sizes, not " + chunks.size());
        }
        return chunks;
    }

    private static int turns(Arguments arguments) {
        String turns = arguments.value(Option.TURNS);
        return turns == null ? TURNS : Values.number(Option.TURNS.longName(), turns, 1, MOST_TURNS);
    }

    private static List<Direction> directions(Arguments arguments) {
        String only = arguments.value(Option.ONLY);
        if (only == null) {
            return List.of(Direction.values());
        }
        for (Direction direction : Direction.values()) {
            if (direction.text().equals(only)) {
                return List.of(direction);
            }
        }
        throw usage("--only is send or receive, not \"" + only + "\"");
    }

    private static Optional<InetSocketAddress> from(Arguments arguments, String dev, InetSocketAddress to) {
        String text = arguments.value(Option.FROM);
        if (text == null) {
            return Optional.empty();
        }
        InetSocketAddress from = Addresses.ofDevice(Option.FROM, text, dev);
        if (!from.getAddress().getClass().equals(to.getAddress().getClass())) {
            throw usage("--from " + text + " and --to " + Addresses.text(to)
                    + ": both are IPv4 addresses, or both are IPv6 addresses");
        }
        return Optional.of(from);
    }

    private static Format format(Arguments arguments) {
        if (arguments.has(Option.CSV) && arguments.has(Option.JSON)) {
            throw usage("--csv and --json: give one of them");
        }
        if (arguments.has(Option.CSV)) {
            return Format.CSV;
        }
        return arguments.has(Option.JSON) ? Format.JSON : Format.TABLE;
    }

    /** Returns the size of the dma-buf to send from, or the least size of one handed in. */
    long sendBytes() {
        int largest = Collections.max(chunks);
        if (size.isPresent()) {
            return size.get();
        }
        return memory.handedIn() ? largest : Math.max(SEND_SIZE, (long) REGIONS * largest);
    }

    /** Returns the size of the dma-buf to receive into, or the least size of one handed in. */
    long receiveBytes() {
        return size.orElse(memory.handedIn() ? 1 : ReceiveMemory.DEFAULT_SIZE);
    }
}
