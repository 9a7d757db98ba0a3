package dev.qlease.cli.transfer;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Pattern;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.dmabuf.MemorySource;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.linux.sys.Memory;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The options of {@code qlease receive}.
 *
 * @param dev the device to receive with
 * @param listen the address to listen on, not a host name
 * @param queues the queues to bind; empty for the leased ones
 * @param memory the provider of the dma-buf
 * @param size bytes of the dma-buf; empty for a default, or for all of one handed in
 * @param rxPageSize bytes of the pieces to receive in; empty for a page
 * @param out the output file; empty for standard output
 * @param verify the period of the expected {@link Pattern}, if the data is to be verified
 * @param timeout the longest wait for the connection, and for data; empty for no limit
 */
record ReceiveRequest(
        String dev,
        InetSocketAddress listen,
        List<Integer> queues,
        MemorySource memory,
        Optional<Long> size,
        OptionalInt rxPageSize,
        Optional<Path> out,
        OptionalInt verify,
        Optional<Duration> timeout) {
    private static final Path NULL_DEVICE = Path.of("/dev/null");
    private static final long MOST = 1L << 40;
    private static final long MOST_PAGE = 1 << 30;
    private static final long PAGE = Memory.pageSize();

    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    ReceiveRequest {
        queues = List.copyOf(queues);
    }

    /**
     * Parses the options.
     *
     * @throws CommandException if an option is missing or invalid
     */
    static ReceiveRequest of(Arguments arguments) {
        String dev = arguments.required(Option.DEV);
        InetSocketAddress listen = Addresses.ofDevice(Option.LISTEN, arguments.required(Option.LISTEN), dev);
        Optional<Long> pageSize =
                Values.size(Option.RX_PAGE_SIZE, arguments.value(Option.RX_PAGE_SIZE), PAGE, MOST_PAGE);
        if (pageSize.filter(size -> Long.bitCount(size) != 1).isPresent()) {
            throw usage(Option.RX_PAGE_SIZE.longName() + " is a power of two from " + Values.text(PAGE) + " to "
                    + Values.text(MOST_PAGE) + ", not \"" + arguments.value(Option.RX_PAGE_SIZE) + "\"");
        }
        return new ReceiveRequest(
                dev,
                listen,
                Values.queues(arguments),
                SendMemory.source(Optional.ofNullable(arguments.value(Option.MEMORY))
                        .orElse(pageSize.filter(size -> size > PAGE).isPresent() ? "udmabuf:huge" : "auto")),
                Values.size(Option.SIZE, arguments.value(Option.SIZE), 1, MOST),
                pageSize.isPresent() ? OptionalInt.of(pageSize.get().intValue()) : OptionalInt.empty(),
                out(arguments),
                Pattern.period(Option.VERIFY, arguments.value(Option.VERIFY)),
                Values.duration(Option.TIMEOUT, arguments.value(Option.TIMEOUT)));
    }

    /** Data that is only verified is not printed. */
    private static Optional<Path> out(Arguments arguments) {
        String file = arguments.value(Option.OUT);
        if (file == null) {
            return arguments.has(Option.VERIFY) ? Optional.of(NULL_DEVICE) : Optional.empty();
        }
        return file.equals("-") ? Optional.empty() : Optional.of(KernelText.path(file));
    }

    private static CommandException usage(String sentence) {
        return new CommandException(ExitCode.USAGE, sentence + "; see qlease receive --help");
    }

    /** Returns the size of the dma-buf to allocate, or the least size of one handed in. */
    long bytes() {
        return size.orElse(memory.handedIn() ? 1 : ReceiveMemory.DEFAULT_SIZE);
    }

    /** Returns whether the data is discarded. */
    boolean discards() {
        return out.filter(NULL_DEVICE::equals).isPresent();
    }

    Duration patience() {
        return timeout.orElse(FOREVER);
    }
}
