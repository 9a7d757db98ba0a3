package dev.qlease.cli.transfer;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Pattern;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Progress;
import dev.qlease.cli.output.Terminals;
import dev.qlease.devmem.Device;
import dev.qlease.devmem.DevmemInput;
import dev.qlease.devmem.DevmemServerSocket;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;

/** Receives device memory into a file or to standard output: {@code qlease receive}. */
public final class Receive {
    private final ReceiveRequest request;
    private final Target target;
    private final boolean asJson;
    private final Output output;

    private Receive(ReceiveRequest request, Target target, boolean asJson, Output output) {
        this.request = request;
        this.target = target;
        this.asJson = asJson;
        this.output = output;
    }

    /** Runs {@code qlease receive}. */
    public static void run(Arguments arguments, Output output) throws IOException {
        ReceiveRequest request = ReceiveRequest.of(arguments);
        try (Target target = Target.open(arguments.value(Option.NETNS), request.dev());
                ReceiveFile out = ReceiveFile.of(request.out())) {
            new Receive(request, target, arguments.has(Option.JSON), output).receive(out);
        }
    }

    private void receive(ReceiveFile out) throws IOException {
        Link link = target.link().orElseThrow();
        try (ReceiveMemory memory = ReceiveMemory.bind(
                        target, link, request.queues(), request.rxPageSize(), request.memory(), request.bytes());
                DevmemServerSocket server = listen(link)) {
            out.create();
            if (!asJson) {
                output.note("listening on " + server + ", " + link.ifname() + " queues "
                        + memory.binding().queues());
            }
            try (DevmemSocket socket = accept(server)) {
                receive(out.empty(), link, memory, socket);
            }
        }
    }

    private DevmemServerSocket listen(Link link) {
        InetSocketAddress at = Addresses.scoped(request.listen(), link.ifindex());
        try {
            return Device.of(target.namespace(), link).listen(at);
        } catch (LinuxException e) {
            String wayOut = switch (e.errno().orElse(Errno.EIO)) {
                case EADDRNOTAVAIL -> link.ifname() + " does not have that address";
                case EADDRINUSE -> "another socket is listening there";
                default -> "";
            };
            throw wayOut.isEmpty() ? e : new CommandException(ExitCode.FAILED, Failure.message(e) + "; " + wayOut, e);
        }
    }

    private DevmemSocket accept(DevmemServerSocket server) {
        return server.accept(request.patience())
                .orElseThrow(() -> new CommandException(
                        ExitCode.FAILED,
                        "no connection to " + server + " within " + seconds() + "; wait longer with --timeout"));
    }

    private String seconds() {
        return request.patience().toMillis() / 1e3 + " s";
    }

    private void receive(FileChannel out, Link link, ReceiveMemory memory, DevmemSocket socket) throws IOException {
        long start = System.nanoTime();
        try (DevmemInput receiving = new DevmemInput(socket, memory.binding());
                Progress _ = Progress.show(
                        asJson || printsToTerminal(),
                        output,
                        () -> TransferProgress.line(
                                socket.received().bytes(), OptionalLong.empty(), System.nanoTime() - start))) {
            Duration patience = request.patience();
            WritableByteChannel target = request.verify().isPresent() ? verifying(out) : out;
            boolean looksAtNothing = request.discards() && request.verify().isEmpty();
            boolean ended = looksAtNothing ? receiving.discard(patience) : receiving.transferTo(target, patience);
            if (!ended) {
                throw new CommandException(
                        ExitCode.FAILED,
                        "no data for " + seconds() + "; " + soFar(socket) + "; wait longer with --timeout");
            }
        } catch (LinuxException e) {
            throw failure(e, socket);
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "writing " + request.out().map(Path::toString).orElse("standard output") + ": " + Failure.message(e)
                            + "; " + soFar(socket),
                    e);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        ReceiveSummary summary = ReceiveSummary.of(memory, socket, seconds, link, request);
        summary.print(asJson, request.out().isEmpty(), output);
    }

    /** Returns whether the data itself goes to the terminal. */
    private boolean printsToTerminal() {
        return request.out().isEmpty() && Terminals.isTerminal(Terminals.STANDARD_OUTPUT);
    }

    private WritableByteChannel verifying(FileChannel out) {
        return new Pattern(request.verify().getAsInt()).check(request.discards() ? null : out);
    }

    private static CommandException failure(LinuxException e, DevmemSocket socket) {
        String reason = switch (e.errno().orElse(Errno.EIO)) {
            case ECONNRESET -> ": the peer reset the connection";
            case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH -> ": the peer is no longer reachable";
            default -> "";
        };
        return new CommandException(ExitCode.FAILED, Failure.message(e) + reason + "; " + soFar(socket), e);
    }

    private static String soFar(DevmemSocket socket) {
        return socket.received().bytes() + " bytes were received, without the end of the stream";
    }
}
