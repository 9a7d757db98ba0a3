package dev.qlease.cli;

import dev.qlease.dmabuf.DmaBufProvider;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What {@code qlease receive} was told to do.
 *
 * @param dev the device to receive by
 * @param listen where to listen: an address, not a host's name
 * @param queues its queues that are to fill the memory; none for those that are leased to it
 * @param memory where the dma-buf comes from
 * @param size bytes of the dma-buf; empty for a size that fits, or all of the one handed in
 * @param rxPageSize bytes of the pieces that it is filled in; empty for a page
 * @param out what to write to; empty for standard output
 * @param verify what has to come, as {@link Pattern} numbers it
 * @param timeout how long to wait for the connection, and while nothing comes; empty for ever
 */
record ReceiveRequest(
        String dev,
        InetSocketAddress listen,
        List<Integer> queues,
        SendMemory.Source memory,
        Optional<Long> size,
        OptionalInt rxPageSize,
        Optional<Path> out,
        OptionalInt verify,
        Optional<Duration> timeout) {
    private static final long MOST = 1L << 40;
    private static final long MOST_PAGE = 1 << 30;
    private static final long PAGE = 4096;

    /** Room for full rings of several queues, and for what is received and not released yet. */
    private static final long SIZE = 32 << 20;

    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    ReceiveRequest {
        queues = List.copyOf(queues);
    }

    /**
     * Makes sense of the options.
     *
     * @throws CommandException if they make none
     */
    static ReceiveRequest of(Arguments arguments) {
        String dev = SendRequest.needed(arguments, Command.RECEIVE, Option.DEV);
        InetSocketAddress listen =
                SendRequest.address(Option.LISTEN, SendRequest.needed(arguments, Command.RECEIVE, Option.LISTEN));
        Optional<Long> pageSize =
                Values.size(Option.RX_PAGE_SIZE, arguments.value(Option.RX_PAGE_SIZE), PAGE, MOST_PAGE);
        if (pageSize.filter(size -> Long.bitCount(size) != 1).isPresent()) {
            throw usage(
                    Option.RX_PAGE_SIZE.longName() + " is a power of two, not " + arguments.value(Option.RX_PAGE_SIZE));
        }
        return new ReceiveRequest(
                dev,
                listen,
                queues(arguments.values(Option.QUEUE)),
                SendMemory.Source.parse(Optional.ofNullable(arguments.value(Option.MEMORY))
                        .orElse(pageSize.filter(size -> size > PAGE).isPresent() ? "udmabuf:huge" : "auto")),
                Values.size(Option.SIZE, arguments.value(Option.SIZE), 1, MOST),
                pageSize.isPresent() ? OptionalInt.of(pageSize.get().intValue()) : OptionalInt.empty(),
                out(arguments),
                Pattern.period(Option.VERIFY, arguments.value(Option.VERIFY)),
                Values.duration(Option.TIMEOUT, arguments.value(Option.TIMEOUT)));
    }

    /** What is only verified is not to be seen. */
    private static Optional<Path> out(Arguments arguments) {
        String file = arguments.value(Option.OUT);
        if (file == null) {
            return arguments.has(Option.VERIFY) ? Optional.of(SendMemory.NULL_DEVICE) : Optional.empty();
        }
        return file.equals("-") ? Optional.empty() : Optional.of(Path.of(file));
    }

    private static List<Integer> queues(List<String> texts) {
        for (String text : texts) {
            if (!text.matches("[0-9]{1,9}")) {
                throw usage("--queue takes the numbers of queues, not \"" + text + "\"");
            }
        }
        List<Integer> queues = texts.stream().map(Integer::valueOf).toList();
        if (new HashSet<>(queues).size() != queues.size()) {
            throw usage("a --queue is given twice: " + queues);
        }
        return queues;
    }

    private static CommandException usage(String sentence) {
        return new CommandException(ExitCode.USAGE, sentence + "; see qlease receive --help");
    }

    /** How large a dma-buf to make; of one that is handed in, how large it has to be. */
    long bytes() {
        return size.orElse(memory.handedIn() ? 1 : SIZE);
    }

    /** Who may make it. */
    List<DmaBufProvider> providers() {
        return memory.providers();
    }

    /** Whether nobody wants to have what comes. */
    boolean discards() {
        return out.filter(SendMemory.NULL_DEVICE::equals).isPresent();
    }

    Duration patience() {
        return timeout.orElse(FOREVER);
    }
}
