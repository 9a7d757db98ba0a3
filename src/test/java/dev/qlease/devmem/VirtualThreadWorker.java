package dev.qlease.devmem;

import dev.qlease.dmabuf.PlainMemory;
import dev.qlease.linux.NetworkNamespace;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process that serves each of many connections with blocking calls on a virtual thread of its own, for {@link
 * ManyVirtualThreadsHostTest}. Takes a network namespace's name and a number of connections; prints the port that it
 * listens on, and then, for each line of standard input, what has become of the connections.
 */
final class VirtualThreadWorker {
    /** Bytes of a message, which is answered with as many. */
    static final int MESSAGE = 64;

    /** The first byte of a message that asks for {@link #BULK} bytes instead. */
    static final byte BULK_WANTED = 1;

    /** More than a connection takes whose peer does not read. */
    static final int BULK = 64 << 10;

    private static final Duration LONG = Duration.ofMinutes(2);

    private final AtomicInteger completed = new AtomicInteger();
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();
    private final TxBinding binding;

    private VirtualThreadWorker(TxBinding binding) {
        this.binding = binding;
    }

    private void serve(DevmemSocket socket) {
        try (socket;
                ReceiveBatch batch = ReceiveBatch.allocate(MESSAGE, 1)) {
            long received = 0;
            boolean bulk = false;
            for (long more = socket.receive(batch); more >= 0; more = socket.receive(batch)) {
                bulk |= batch.linear(0).get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0) == BULK_WANTED;
                received += more;
                if (received == MESSAGE) {
                    send(socket, bulk ? BULK : MESSAGE);
                    received = 0;
                }
            }
            completed.incrementAndGet();
        } catch (RuntimeException e) {
            failures.merge(e.toString(), 1, Integer::sum);
        }
    }

    private static void send(DevmemSocket socket, long length) {
        for (long sent = 0; sent < length; ) {
            sent += socket.send(sent, length - sent);
        }
        if (!socket.awaitCompletions(LONG)) {
            throw new IllegalStateException("sends have not completed");
        }
    }

    /** How many connections are completed, how many platform threads there are, and what went wrong. */
    private String state() {
        return completed + " completed, " + ManagementFactory.getThreadMXBean().getThreadCount() + " threads, failed "
                + failures;
    }

    public static void main(String[] arguments) throws Exception {
        int connections = Integer.parseInt(arguments[1]);
        try (Arena arena = Arena.ofShared();
                NetworkNamespace namespace = NetworkNamespace.named(arguments[0]);
                DevmemServerSocket server = Device.named(namespace, "lo")
                        .listen(
                                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                                ConnectionOptions.defaults().with(StandardSocketOptions.SO_SNDBUF, 4096));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            PlainMemory memory = PlainMemory.allocate(arena, BULK);
            VirtualThreadWorker worker = new VirtualThreadWorker(TxBinding.unbound(memory.dmaBuf(), memory.address()));
            System.out.println(server.address().getPort());
            for (int i = 0; i < connections; i++) {
                DevmemSocket socket = server.accept(worker.binding, LONG).orElseThrow();
                threads.submit(() -> worker.serve(socket));
            }
            Scanner asked = new Scanner(System.in);
            while (asked.hasNextLine() && !asked.nextLine().isEmpty()) {
                System.out.println(worker.state());
            }
        }
    }
}
