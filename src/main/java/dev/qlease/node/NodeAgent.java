package dev.qlease.node;

import dev.qlease.lease.Leases;
import dev.qlease.lease.state.StateDirectory;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.linux.sys.MessageSocket;
import dev.qlease.linux.sys.Paths;
import dev.qlease.linux.sys.PollSet;
import dev.qlease.node.BindingRefusedException.Reason;
import dev.qlease.ops.InstanceLock;
import dev.qlease.ops.OpsException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The agent of a node: binds dma-bufs of processes without privileges to the queues that are leased to their network
 * namespace, and hands them the bindings, which then last as long as the processes and not as long as the agent.
 * Requires the privileges of creating leases, and CAP_SYS_PTRACE to open namespaces of other users' processes.
 *
 * <p>Clients are not trusted. Each has a thread, since a descriptor that it sends can block the thread that closes it;
 * a namespace has only so many threads, and one without a lease cannot send descriptors at all. Thread-safe.
 */
public final class NodeAgent implements AutoCloseable {
    /** The directory that clients must see, at this path. */
    public static final Path DIRECTORY = Path.of("/run/qlease/node");

    private static final Path PARENT = Path.of("/run/qlease");

    /** The socket's name in that directory. */
    static final String SOCKET = "bindings.sock";

    private static final String NEXT = SOCKET + ".new";
    private static final String LOCK = ".lock";

    /** Any user may connect: what matters is the network namespace. */
    private static final int MODE = 0666;

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final Duration GRACE = Duration.ofSeconds(3);

    /**
     * The limits of an agent.
     *
     * @param connections the most at once
     * @param ofNamespace the most at once from one network namespace
     * @param timeout how long a client may take until its request arrives
     */
    record Limits(int connections, int ofNamespace, Duration timeout) {
        static final Limits STANDARD = new Limits(256, 8, Duration.ofSeconds(10));
    }

    private final QueueAccess queues;
    private final AutoCloseable owned;
    private final Limits limits;
    private final EventLog log;
    private final Path socket;
    private final InstanceLock lock;
    private final MessageSocket listening;
    private final PollSet waiting;
    private final Map<Long, Integer> perNamespace = new HashMap<>();
    private final Set<MessageSocket> open = new HashSet<>();
    private volatile boolean stopped;

    private NodeAgent(QueueAccess queues, AutoCloseable owned, Limits limits, Path directory, EventLog log) {
        this.queues = queues;
        this.owned = owned;
        this.limits = limits;
        this.log = log;
        directory(directory).create();
        this.socket = directory.resolve(SOCKET);
        // Outside the directory: whoever sees a file can hold a lock on it.
        this.lock = InstanceLock.take(
                directory.resolveSibling(directory.getFileName() + LOCK), "qlease node", "qlease-node");
        MessageSocket made = null;
        try {
            made = listen(directory);
            this.listening = made;
            this.waiting = new PollSet(List.of(new PollSet.Interest(made.descriptor(), PollSet.READABLE)));
        } catch (RuntimeException e) {
            if (made != null) {
                made.close();
            }
            lock.close();
            throw e;
        }
    }

    /**
     * Begins to listen in {@link #DIRECTORY}; {@link #run} serves.
     *
     * @param nics the namespace of the NICs whose leases are served; remains owned by the caller
     * @param listener is told what becomes of requests, by one thread at a time
     * @throws OpsException if another process serves already
     * @throws LinuxException if the socket cannot be created
     */
    public static NodeAgent open(NetworkNamespace nics, Consumer<NodeEvent> listener) {
        return open(nics, listener, _ -> {});
    }

    /**
     * As {@link #open(NetworkNamespace, Consumer)}, for metrics, too.
     *
     * @param counter receives an event for each request, also for those that are not reported since there are so many;
     *     from one thread at a time
     */
    public static NodeAgent open(NetworkNamespace nics, Consumer<NodeEvent> listener, Consumer<NodeEvent> counter) {
        Leases leases = Leases.open(nics);
        try {
            directory(PARENT).create();
            return new NodeAgent(
                    new LeasedQueues(leases),
                    leases,
                    Limits.STANDARD,
                    DIRECTORY,
                    new EventLog(listener, counter, System::nanoTime));
        } catch (RuntimeException e) {
            leases.close();
            throw e;
        }
    }

    /** As {@link #open}, in another directory and with a stand-in. */
    static NodeAgent open(QueueAccess queues, Limits limits, Path directory, Consumer<NodeEvent> listener) {
        return new NodeAgent(queues, () -> {}, limits, directory, new EventLog(listener, _ -> {}, System::nanoTime));
    }

    private static StateDirectory directory(Path path) {
        return new StateDirectory(
                path, StateDirectory.READABLE, sentence -> new OpsException(OpsException.Reason.STATE, sentence));
    }

    /** Replaces the socket of an earlier agent by renaming, so that there is one at any time. */
    private MessageSocket listen(Path directory) {
        Path next = directory.resolve(NEXT);
        int left = Paths.unlink(KernelText.text(next));
        if (left < 0 && left != -Errno.ENOENT.number()) {
            throw LinuxException.of("delete " + next, -left);
        }
        MessageSocket made = MessageSocket.listen(next, MODE);
        try {
            LinuxException.check(
                    Paths.rename(KernelText.text(next), KernelText.text(socket)), "rename " + next + " to " + socket);
            return made;
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
    }

    /** Returns the path of the socket. */
    public Path socket() {
        return socket;
    }

    /** Serves until {@link #stop()}, and then waits a few seconds for requests in progress. Call it once. */
    public void run() {
        while (!stopped) {
            waiting.await(System.nanoTime() + EventLog.PERIOD_NANOS);
            log.tick();
            acceptAll();
        }
        int nowhere = Paths.unlink(KernelText.text(socket));
        if (nowhere < 0 && nowhere != -Errno.ENOENT.number()) {
            log.report(NodeEvent.of(NodeEvent.Kind.PROBLEM, 0, socket + " could not be deleted"));
        }
        end();
        log.flush();
    }

    private void acceptAll() {
        try {
            while (!stopped) {
                Optional<MessageSocket> accepted = listening.accept();
                if (accepted.isEmpty()) {
                    return;
                }
                admit(accepted.get());
            }
        } catch (LinuxException e) {
            // Out of descriptors or memory: the connections wait until there are some again.
            log.report(NodeEvent.of(NodeEvent.Kind.PROBLEM, 0, String.valueOf(e.getMessage())));
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void admit(MessageSocket connection) {
        long namespace = connection.namespace();
        if (!enter(connection, namespace)) {
            refuseBusy(connection);
            connection.close();
            return;
        }
        try {
            Thread.ofPlatform().daemon().name("qlease-node-client").start(() -> serve(connection, namespace));
        } catch (OutOfMemoryError e) {
            // The limit on threads is reached.
            refuseBusy(connection);
            leave(connection, namespace);
        }
    }

    private void refuseBusy(MessageSocket connection) {
        Conversation.refuse(
                connection,
                new BindingRefusedException(Reason.BUSY, "too many processes make requests at the same time"),
                null,
                log);
    }

    private void serve(MessageSocket connection, long namespace) {
        try {
            new Conversation(connection, queues, log, Events.deadlineAfter(limits.timeout())).run();
        } finally {
            leave(connection, namespace);
        }
    }

    private synchronized boolean enter(MessageSocket connection, long namespace) {
        int there = perNamespace.getOrDefault(namespace, 0);
        if (stopped || open.size() >= limits.connections() || there >= limits.ofNamespace()) {
            return false;
        }
        perNamespace.put(namespace, there + 1);
        return open.add(connection);
    }

    private void leave(MessageSocket connection, long namespace) {
        try {
            connection.close();
        } finally {
            synchronized (this) {
                open.remove(connection);
                perNamespace.computeIfPresent(namespace, (_, count) -> count > 1 ? count - 1 : null);
                notifyAll();
            }
        }
    }

    /** Ends {@link #run()}. */
    public void stop() {
        stopped = true;
        waiting.wake();
    }

    private synchronized void end() {
        open.forEach(MessageSocket::end);
        long deadline = Events.deadlineAfter(GRACE);
        boolean interrupted = false;
        while (!open.isEmpty() && Events.nanosUntil(deadline) > 0) {
            try {
                TimeUnit.NANOSECONDS.timedWait(this, Events.nanosUntil(deadline));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes the socket and releases the lock; after {@link #run()} has returned. Bindings stay. Idempotent. */
    @Override
    public void close() {
        waiting.close();
        listening.close();
        lock.close();
        try {
            owned.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing " + owned, e);
        }
    }
}
