package dev.qlease.cli.bench;

import dev.qlease.cli.args.Target;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Progress;
import dev.qlease.cli.transfer.ReceiveMemory;
import dev.qlease.cli.transfer.SendFailure;
import dev.qlease.cli.transfer.SendMemory;
import dev.qlease.cli.transfer.TransferProgress;
import dev.qlease.linux.LinuxException;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.RouteLookup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Runs device memory and ordinary TCP in turns. Not thread-safe. */
final class Bench {
    /** Enough for TCP to open its windows, and for Java to compile what is measured. */
    private static final long WARM_UP_BYTES = 64 << 20;

    private final BenchRequest request;
    private final Target target;
    private final Link link;
    private final Output output;
    private final Runner runner;
    private final int all;
    private final List<Result> results = new ArrayList<>();
    private String memory = "";
    private volatile State state = new State(0, "", 0, 0);

    /** What is running, for the progress line. */
    private record State(int number, String text, long bytes, long start) {}

    /**
     * Creates a benchmark.
     *
     * @param target remains owned by the caller
     */
    Bench(BenchRequest request, Target target, Output output) {
        this.request = request;
        this.target = target;
        this.link = target.link().orElseThrow();
        this.output = output;
        this.runner = new Runner(request, target, link);
        this.all = Means.values().length
                * request.directions().size()
                * (1 + request.chunks().size() * request.turns());
    }

    /** Measures everything, after checks that the device, the route, the server and the memory are usable. */
    Report run() throws IOException {
        boolean sends = request.directions().contains(Direction.SEND);
        checkRoute();
        try (SendMemory sending = sends ? runner.bindToSend() : null) {
            int first = request.chunks().getFirst();
            runner.sendOrdinarily(first, 0);
            if (sending != null) {
                memory = sending.provider();
            }
            if (request.directions().contains(Direction.RECEIVE)) {
                try (ReceiveMemory receiving = runner.bindToReceive()) {
                    memory = receiving.provider();
                }
            }
            try (Progress _ = Progress.show(request.format() != BenchRequest.Format.TABLE, output, this::line)) {
                measure(sending);
            }
        }
        return new Report(request, link, memory, results);
    }

    /** Ordinary TCP is not bound to the device: it must be the one that the route leads to. */
    private void checkRoute() {
        if (request.to().getAddress().isLinkLocalAddress()) {
            return;
        }
        IpAddress to = IpAddress.of(request.to().getAddress());
        try {
            int oif = target.rtnetlink().routes().get(RouteLookup.to(to)).oif().orElse(link.ifindex());
            if (oif != link.ifindex()) {
                throw new CommandException(
                        ExitCode.FAILED,
                        "the route to " + to + " leads to " + target.name(oif).orElse("ifindex " + oif) + ", not to "
                                + link.ifname() + ": ordinary TCP would not be measured over the same route");
            }
        } catch (LinuxException e) {
            throw SendFailure.connecting(e, link, request.timeout());
        }
    }

    private void measure(@Nullable SendMemory sending) {
        for (Direction direction : request.directions()) {
            for (Means means : Means.values()) {
                run(direction, means, request.chunks().getFirst(), Math.min(WARM_UP_BYTES, request.bytes()), sending);
            }
        }
        for (int chunk : request.chunks()) {
            for (Direction direction : request.directions()) {
                measure(direction, chunk, sending);
            }
        }
    }

    private void measure(Direction direction, int chunk, @Nullable SendMemory sending) {
        Map<Means, List<Measured>> runs = new EnumMap<>(Means.class);
        for (int turn = 0; turn < request.turns(); turn++) {
            for (Means means : Means.values()) {
                runs.computeIfAbsent(means, _ -> new ArrayList<>())
                        .add(run(direction, means, chunk, request.bytes(), sending));
            }
        }
        runs.forEach((means, measured) -> results.add(Result.of(direction, chunk, means, measured)));
    }

    private Measured run(Direction direction, Means means, int chunk, long bytes, @Nullable SendMemory sending) {
        state = new State(
                state.number + 1,
                direction.text() + " " + Values.text(chunk) + " " + means.text(),
                bytes,
                System.nanoTime());
        if (direction == Direction.RECEIVE) {
            return means == Means.DEVICE_MEMORY ? runner.receive(chunk, bytes) : runner.receiveOrdinarily(chunk, bytes);
        }
        return means == Means.DEVICE_MEMORY && sending != null
                ? runner.send(sending, chunk, bytes)
                : runner.sendOrdinarily(chunk, bytes);
    }

    private String line() {
        State now = state;
        return "run " + now.number + " of " + all + ": " + now.text + "  "
                + TransferProgress.line(runner.progress(), OptionalLong.of(now.bytes), System.nanoTime() - now.start);
    }
}
