package dev.qlease.cli.transfer;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Progress;
import dev.qlease.devmem.ConnectionOptions;
import dev.qlease.devmem.Device;
import dev.qlease.devmem.DevmemOutput;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.linux.LinuxException;
import dev.qlease.rtnetlink.Link;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** Sends a file or standard input as device memory: {@code qlease send}. */
public final class Send {
    private final SendRequest request;
    private final Target target;
    private final boolean asJson;
    private final Output output;

    private Send(SendRequest request, Target target, boolean asJson, Output output) {
        this.request = request;
        this.target = target;
        this.asJson = asJson;
        this.output = output;
    }

    /** Runs {@code qlease send}. */
    public static void run(Arguments arguments, Output output) throws IOException {
        SendRequest request = SendRequest.of(arguments);
        try (FileChannel source = open(request.file());
                Target target = Target.open(arguments.value(Option.NETNS), request.dev())) {
            new Send(request, target, arguments.has(Option.JSON), output).send(source);
        }
    }

    private static FileChannel open(Optional<Path> file) {
        if (file.isEmpty()) {
            return new FileInputStream(FileDescriptor.in).getChannel();
        }
        try {
            return new FileInputStream(file.get().toFile()).getChannel();
        } catch (FileNotFoundException e) {
            // Its message has the file and the kernel's reason.
            throw new CommandException(ExitCode.FAILED, Failure.message(e), e);
        }
    }

    private void send(FileChannel source) throws IOException {
        Link link = target.link().orElseThrow();
        try (SendMemory memory = SendMemory.bind(target, link, request.memory(), request.bytes())) {
            tellOfRounding(memory);
            DevmemSocket socket = connect(memory, link);
            try {
                send(source, link, memory, socket);
            } finally {
                socket.close(Duration.ZERO);
            }
        }
    }

    private void tellOfRounding(SendMemory memory) throws IOException {
        long size = memory.dmaBuf().size();
        if (!asJson
                && !request.memory().handedIn()
                && request.size().isPresent()
                && request.size().get() != size) {
            output.note("--size " + request.size().get() + " is rounded up to " + size + ": dma-bufs of "
                    + memory.provider() + " consist of whole pages");
        }
    }

    private DevmemSocket connect(SendMemory memory, Link link) {
        InetSocketAddress to = Addresses.scoped(request.to(), link.ifindex());
        try {
            return Device.of(target.namespace(), link)
                    .connect(memory.binding(), to, ConnectionOptions.defaults().timeout(request.timeout()));
        } catch (LinuxException e) {
            throw SendFailure.connecting(e, link, request.timeout());
        }
    }

    private void send(FileChannel source, Link link, SendMemory memory, DevmemSocket socket) throws IOException {
        long room = memory.room(request.size());
        DevmemOutput sending = DevmemOutput.over(socket, 0, room, request.chunk(room));
        long start = System.nanoTime();
        try (SendWatch watch = SendWatch.start(target, link, socket, sending)) {
            try {
                if (!send(source, sending)) {
                    throw SendFailure.stalled(sending, request.timeout());
                }
            } catch (LinuxException | IllegalStateException e) {
                throw SendFailure.sending(e, link, sending, watch.loss());
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        SendSummary.of(memory, socket, sending, seconds, link).print(asJson, output);
    }

    /** Returns whether all bytes were acknowledged in time. */
    private boolean send(FileChannel source, DevmemOutput sending) throws IOException {
        OptionalLong total = total(source);
        long start = System.nanoTime();
        try (Progress progress = Progress.show(
                        asJson,
                        output,
                        () -> TransferProgress.line(sending.acknowledged(), total, System.nanoTime() - start));
                SendInterrupt _ = SendInterrupt.await(sending, progress, asJson, output)) {
            sending.transferFrom(source);
            return sending.finish(request.timeout());
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "reading " + request.file().map(Path::toString).orElse("standard input") + ": " + Failure.message(e)
                            + "; " + SendFailure.soFar(sending),
                    e);
        }
    }

    /** Returns how many bytes there are to send, if known; the size of a pipe is not. */
    private OptionalLong total(FileChannel source) throws IOException {
        long size = request.file().isPresent() ? source.size() : 0;
        return size > 0 ? OptionalLong.of(size) : OptionalLong.empty();
    }
}
