package dev.qlease.cli.bench;

import dev.qlease.cli.args.Addresses;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Failure;
import dev.qlease.cli.transfer.ReceiveMemory;
import dev.qlease.cli.transfer.SendFailure;
import dev.qlease.cli.transfer.SendMemory;
import dev.qlease.devmem.ConnectionOptions;
import dev.qlease.devmem.Device;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Processes;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** Measures single transfers. Not thread-safe, except for {@link #progress}. */
final class Runner {
    private static final Duration UNLIMITED = Duration.ofNanos(Long.MAX_VALUE);

    private final BenchRequest request;
    private final Target target;
    private final Link link;
    private final InetSocketAddress to;
    private final Optional<InetSocketAddress> from;
    private volatile Optional<BenchConnection> current = Optional.empty();

    /**
     * Creates a runner.
     *
     * @param target remains owned by the caller
     */
    Runner(BenchRequest request, Target target, Link link) {
        this.request = request;
        this.target = target;
        this.link = link;
        this.to = Addresses.scoped(request.to(), link.ifindex());
        this.from = request.from().map(address -> Addresses.scoped(address, link.ifindex()));
    }

    /** A part of a run, on a connection. */
    private interface Part<T> {
        T run() throws IOException;
    }

    /** Binds memory to the receive queues; owned by the caller. */
    ReceiveMemory bindToReceive() {
        return ReceiveMemory.bind(
                target, link, request.queues(), OptionalInt.empty(), request.memory(), request.receiveBytes());
    }

    /** Binds memory to send from; owned by the caller. */
    SendMemory bindToSend() {
        return SendMemory.bind(target, link, request.memory(), request.sendBytes());
    }

    /** Returns a number that grows while the current run makes progress. Thread-safe. */
    long progress() {
        return current.map(BenchConnection::progress).orElse(0L);
    }

    /** Sends this many bytes by ordinary TCP. */
    Measured sendOrdinarily(int chunk, long bytes) {
        return run(Direction.SEND, ordinary(Optional.empty(), chunk), bytes);
    }

    /** Receives this many bytes by ordinary TCP. */
    Measured receiveOrdinarily(int chunk, long bytes) {
        return run(Direction.RECEIVE, ordinary(from, chunk), bytes);
    }

    /** Sends this many bytes of {@code memory}. */
    Measured send(SendMemory memory, int chunk, long bytes) {
        Part<BenchConnection> connecting = () -> DeviceConnection.sending(
                Device.of(target.namespace(), link).connect(memory.binding(), to, options()),
                chunk,
                memory.room(request.size()));
        return run(Direction.SEND, connecting, bytes);
    }

    /** Receives this many bytes into device memory. */
    Measured receive(int chunk, long bytes) {
        ConnectionOptions options = from.map(options()::from).orElseGet(this::options);
        Part<BenchConnection> connecting = () -> DeviceConnection.receiving(
                Device.of(target.namespace(), link).connect(to, options), chunk, this::bindToReceive);
        return run(Direction.RECEIVE, connecting, bytes);
    }

    private ConnectionOptions options() {
        return ConnectionOptions.defaults().timeout(request.timeout());
    }

    private Part<BenchConnection> ordinary(Optional<InetSocketAddress> local, int chunk) {
        return () -> OrdinaryConnection.open(target.namespace(), to, local, chunk, request.timeout());
    }

    private Measured run(Direction direction, Part<BenchConnection> connecting, long bytes) {
        try (BenchConnection connection = connect(connecting)) {
            current = Optional.of(connection);
            guarded(connection, "no answer from " + server(), () -> {
                Message.Kind kind = direction == Direction.SEND ? Message.Kind.SINK : Message.Kind.SOURCE;
                connection.write(new Message(kind, bytes).encode());
                return expect(connection, Message.Kind.READY);
            });
            connection.prepare();
            return guarded(
                    connection,
                    "no progress of " + direction.text() + "ing",
                    () -> direction == Direction.SEND ? send(connection, bytes) : receive(connection, bytes));
        } catch (IOException e) {
            throw new CommandException(ExitCode.FAILED, "closing the connection: " + Failure.message(e), e);
        } finally {
            current = Optional.empty();
        }
    }

    private BenchConnection connect(Part<BenchConnection> connecting) {
        try {
            return connecting.run();
        } catch (LinuxException e) {
            throw e.is(Errno.ECONNREFUSED)
                    ? new CommandException(ExitCode.FAILED, Failure.message(e) + wayOut(), e)
                    : SendFailure.connecting(e, link, request.timeout());
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.FAILED, "connect to " + server() + ": " + Failure.message(e) + wayOut(), e);
        }
    }

    private static String wayOut() {
        return "; qlease bench --serve must run there, and be reachable";
    }

    private String server() {
        return Addresses.text(to);
    }

    private <T> T guarded(BenchConnection connection, String stalled, Part<T> part) {
        Watchdog watchdog = Watchdog.start(connection::progress, connection::abort, request.timeout(), UNLIMITED);
        try (watchdog) {
            return part.run();
        } catch (IOException | LinuxException | IllegalStateException e) {
            if (watchdog.fired()) {
                throw new CommandException(
                        ExitCode.FAILED,
                        stalled + " for " + request.timeout().toMillis() / 1e3 + " s; wait longer with --timeout",
                        e);
            }
            if (target.rtnetlink().links().find(link.ifindex()).isEmpty()) {
                throw new CommandException(
                        ExitCode.NOT_FOUND, "device " + link.ifname() + " was removed during the transfer", e);
            }
            throw new CommandException(
                    ExitCode.FAILED, "transfer with " + server() + ": " + Failure.message(e) + wayOut(), e);
        }
    }

    private Message expect(BenchConnection connection, Message.Kind kind) throws IOException {
        Optional<Message> answer = Message.decode(connection.read(Message.SIZE));
        if (answer.isEmpty()) {
            throw new CommandException(
                    ExitCode.FAILED, server() + " is not qlease bench --serve: it sends something else");
        }
        Message.Kind there = answer.get().kind();
        if (there == Message.Kind.BUSY) {
            throw new CommandException(ExitCode.FAILED, "the server has too many connections: retry later");
        }
        if (there == Message.Kind.OTHER_VERSION) {
            throw new CommandException(
                    ExitCode.UNSUPPORTED,
                    "the server's protocol is version " + answer.get().version() + ", not " + Message.VERSION
                            + ": use the same version of qlease on both machines");
        }
        if (there != kind) {
            throw new CommandException(ExitCode.FAILED, "the server answers " + there + " instead of " + kind);
        }
        return answer.get();
    }

    private Measured send(BenchConnection connection, long bytes) throws IOException {
        long processor = Processes.processorTime();
        long start = System.nanoTime();
        connection.send(bytes);
        long read = expect(connection, Message.Kind.DONE).bytes();
        return measured(connection, bytes, read, start, processor);
    }

    private Measured receive(BenchConnection connection, long bytes) throws IOException {
        byte[] go = new Message(Message.Kind.GO, 0).encode();
        long processor = Processes.processorTime();
        long start = System.nanoTime();
        connection.write(go);
        long received = connection.receive();
        return measured(connection, bytes, received, start, processor);
    }

    private Measured measured(BenchConnection connection, long bytes, long arrived, long start, long processor) {
        long nanos = System.nanoTime() - start;
        long used = Processes.processorTime() - processor;
        if (arrived != bytes) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "the connection with " + server() + " ended after " + arrived + " of " + bytes + " bytes");
        }
        return new Measured(bytes, nanos, used, connection.calls(), connection.copied());
    }
}
