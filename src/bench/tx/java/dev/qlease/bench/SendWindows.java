package dev.qlease.bench;

import java.io.IOException;

/**
 * Measures sending in windows as tx_send.c does: for each, prints the chunk, the elapsed and processor time in
 * nanoseconds, the sends, how many of them the kernel copied, and the bytes that the sending thread allocated.
 */
final class SendWindows {
    private SendWindows() {}

    /** What is measured. */
    interface Sender extends AutoCloseable {
        /** Sends at least {@code bytes}, {@code chunk} with each call; returns when the kernel has accepted them. */
        void send(long bytes, int chunk) throws Exception;

        /** Returns the number of calls from which the kernel has accepted bytes; 0 if it is not known. */
        default long sends() {
            return 0;
        }

        /** Returns how many of them the kernel copied. */
        default long copied() {
            return 0;
        }

        /** Returns the thread that sends. */
        default long thread() {
            return Thread.currentThread().threadId();
        }

        @Override
        void close() throws IOException;
    }

    /** Sends a window of {@code bytes}. */
    static void measure(Sender sender, int chunk, long bytes) throws Exception {
        long sends = sender.sends();
        long copied = sender.copied();
        long cpu = Meter.processorTime();
        long start = System.nanoTime();
        long allocated = Meter.allocated(sender.thread());
        sender.send(bytes, chunk);
        allocated = Meter.allocated(sender.thread()) - allocated;
        long wall = System.nanoTime() - start;
        cpu = Meter.processorTime() - cpu;
        System.out.printf(
                "%d %d %d %d %d %d%n", chunk, wall, cpu, sender.sends() - sends, sender.copied() - copied, allocated);
    }
}
