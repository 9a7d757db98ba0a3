package dev.qlease.bench;

import dev.qlease.devmem.Device;
import dev.qlease.devmem.DevmemServerSocket;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.ReceiveBatch;
import dev.qlease.linux.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/**
 * Measures the cost of waiting for each message of a peer, on a platform thread, which waits in the kernel, and on a
 * virtual thread, which is parked: with DevmemSocket, and with java.nio's SocketChannel for comparison. The peer, on a
 * platform thread, sends a byte over loopback and waits for a byte in return over an ordinary connection.
 *
 * <p>Arguments: the number of windows for each, the number of warm-up windows, and the milliseconds of a window.
 */
final class ParkBenchmark {
    private static final InetSocketAddress LOOPBACK = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);

    /** One of the variants, which take turns. */
    private enum Subject {
        QLEASE_PLATFORM("DevmemSocket, platform thread"),
        QLEASE_VIRTUAL("DevmemSocket, virtual thread"),
        NIO_PLATFORM("SocketChannel, platform thread"),
        NIO_VIRTUAL("SocketChannel, virtual thread");

        private final String title;

        Subject(String title) {
            this.title = title;
        }

        boolean isVirtual() {
            return this == QLEASE_VIRTUAL || this == NIO_VIRTUAL;
        }

        boolean isQlease() {
            return this == QLEASE_PLATFORM || this == QLEASE_VIRTUAL;
        }
    }

    /** Receives what has arrived and returns the number of bytes; -1 at the end of the stream. */
    private interface Input {
        long receive() throws IOException;
    }

    private ParkBenchmark() {}

    private static void answer(Input input, SocketChannel answers) {
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        try {
            while (input.receive() > 0) {
                answers.write(one.clear());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void answerByQlease(DevmemSocket socket, SocketChannel answers) {
        try (ReceiveBatch batch = ReceiveBatch.allocate(64, 1)) {
            answer(() -> socket.receive(batch), answers);
        }
    }

    private static void answerByNio(SocketChannel channel, SocketChannel answers) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(64);
        answer(() -> channel.read(buffer.clear()), answers);
    }

    /** Runs one window; returns the elapsed and the processor time of a round trip, in nanoseconds. */
    private static long[] window(Subject subject, long millis) throws Exception {
        try (ServerSocketChannel plain = ServerSocketChannel.open().bind(LOOPBACK);
                SocketChannel back = SocketChannel.open(plain.getLocalAddress());
                SocketChannel answers = plain.accept()) {
            if (!subject.isQlease()) {
                try (SocketChannel peer = SocketChannel.open(plain.getLocalAddress());
                        SocketChannel channel = plain.accept()) {
                    return exchange(subject, () -> answerByNio(channel, answers), peer, back, millis);
                }
            }
            Device loopback = Device.named(NetworkNamespace.ofCaller(), "lo");
            try (DevmemServerSocket server = loopback.listen(LOOPBACK);
                    SocketChannel peer = SocketChannel.open(server.address());
                    DevmemSocket socket = server.accept()) {
                return exchange(subject, () -> answerByQlease(socket, answers), peer, back, millis);
            }
        }
    }

    private static long[] exchange(
            Subject subject, Runnable answering, SocketChannel peer, SocketChannel back, long millis) throws Exception {
        Thread thread = (subject.isVirtual() ? Thread.ofVirtual() : Thread.ofPlatform()).start(answering);
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        long trips = 0;
        long processor = Meter.processorTime();
        long start = System.nanoTime();
        while (System.nanoTime() - start < millis * 1_000_000) {
            for (int i = 0; i < 100; i++) {
                peer.write(one.clear());
                if (back.read(one.clear()) != 1) {
                    throw new IllegalStateException("no answer came");
                }
            }
            trips += 100;
        }
        long time = System.nanoTime() - start;
        long used = Meter.processorTime() - processor;
        peer.shutdownOutput();
        thread.join();
        return new long[] {time / trips, used / trips};
    }

    private static double median(long[][] windows, int figure) {
        long[] values = Arrays.stream(windows)
                .mapToLong(window -> window[figure])
                .sorted()
                .toArray();
        return values[values.length / 2] / 1000.0;
    }

    public static void main(String[] arguments) throws Exception {
        int windows = Integer.parseInt(arguments[0]);
        int warmups = Integer.parseInt(arguments[1]);
        long millis = Long.parseLong(arguments[2]);
        long[][][] taken = new long[Subject.values().length][windows][];
        for (int turn = -warmups; turn < windows; turn++) {
            if (turn == 0) {
                Meter.awaitCompiler();
            }
            for (Subject subject : Subject.values()) {
                long[] window = window(subject, millis);
                if (turn >= 0) {
                    taken[subject.ordinal()][turn] = window;
                }
            }
        }
        System.out.printf("%-32s %14s %14s%n", "", "us/round trip", "CPU us");
        for (Subject subject : Subject.values()) {
            long[][] of = taken[subject.ordinal()];
            System.out.printf("%-32s %14.2f %14.2f%n", subject.title, median(of, 0), median(of, 1));
        }
    }
}
