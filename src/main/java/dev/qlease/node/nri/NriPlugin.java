package dev.qlease.node.nri;

import dev.qlease.node.nri.proto.RegisterPluginRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A plugin that is notified of the pods of a container runtime. Connects again whenever the connection ends: when the
 * runtime restarts, or disconnects the plugin since it took too long.
 *
 * <p>Thread-safe, except that one thread calls {@link #run()}, once.
 */
public final class NriPlugin implements AutoCloseable {
    /** As the runtime checks it. */
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.+-]+");

    private static final Pattern INDEX = Pattern.compile("[0-9]{2}");

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    /** The most different problems that are reported until a connection lasts. */
    private static final int MOST_PROBLEMS = 16;

    private final Path socket;
    private final RegisterPluginRequest registration;
    private final PluginService service;
    private final Consumer<String> problems;
    private final Set<String> reported = new HashSet<>();
    private @Nullable Connection current;
    private volatile boolean closed;

    /**
     * @param socket the runtime's socket, /var/run/nri/nri.sock by default; need not exist yet
     * @param name the name that appears in the runtime's log
     * @param index two digits; the runtime calls its plugins in the order of these
     * @param problems receives a sentence when a connection fails or ends: each sentence once, until a connection
     *     lasts; can contain text of the runtime
     * @throws IllegalArgumentException if the name or the index is invalid
     */
    public NriPlugin(Path socket, String name, String index, NriHandler handler, Consumer<String> problems) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("invalid name of a plugin: " + name);
        }
        if (!INDEX.matcher(index).matches()) {
            throw new IllegalArgumentException("index of a plugin that is not two digits: " + index);
        }
        this.socket = socket;
        this.registration = RegisterPluginRequest.newBuilder()
                .setPluginName(name)
                .setPluginIdx(index)
                .build();
        this.service = new PluginService(handler);
        this.problems = problems;
    }

    /**
     * Returns whether the plugin is connected and its handler has been called with the pods of the runtime. Otherwise,
     * pods start without the plugin.
     */
    public synchronized boolean isConnected() {
        return service.isSynchronized() && current != null && current.isOpen();
    }

    /** Returns what the runtime has last sent about itself; empty before the first connection. */
    public Optional<NriRuntime> runtime() {
        return service.runtime();
    }

    /** Serves the runtime until {@link #close()}, or until this thread is interrupted. */
    public void run() {
        try {
            Duration pause = SHORTEST_PAUSE;
            while (!closed && !Thread.currentThread().isInterrupted()) {
                long start = System.nanoTime();
                String problem = serve();
                if (service.isSynchronized() && System.nanoTime() - start >= LONGEST_PAUSE.toNanos()) {
                    reported.clear();
                    pause = SHORTEST_PAUSE;
                }
                service.disconnected();
                report(problem);
                await(pause);
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            service.disconnected();
        }
    }

    /** Serves one connection, and returns why it ended. */
    private String serve() throws InterruptedException {
        try (Connection connection = new Connection()) {
            begin(connection);
            try {
                connection.connect(socket);
            } catch (IOException e) {
                return "cannot connect to " + socket + ": " + e.getMessage();
            }
            connection.serve(registration, service);
            return "the runtime at " + socket + " shuts down";
        } catch (IOException e) {
            return "the connection to " + socket + " ended: " + e.getMessage();
        }
    }

    private synchronized void begin(Connection connection) {
        current = connection;
        if (closed) {
            connection.close();
        }
    }

    private void report(String problem) {
        boolean ending = closed || Thread.currentThread().isInterrupted();
        if (!ending && reported.size() < MOST_PROBLEMS && reported.add(problem)) {
            problems.accept(problem);
        }
    }

    private synchronized void await(Duration pause) throws InterruptedException {
        long deadline = System.nanoTime() + pause.toNanos();
        for (long left = pause.toNanos(); !closed && left > 0; left = deadline - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    /** Ends {@link #run()}, after a call of the handler that is in progress. Idempotent. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
        if (current != null) {
            current.close();
        }
    }
}
