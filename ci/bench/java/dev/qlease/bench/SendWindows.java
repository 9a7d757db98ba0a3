package dev.qlease.bench;

import java.io.IOException;

/**
 * Measures sending in windows as tx_send.c does: prints for each the chunk, the nanoseconds that it took, those of processor time among
 * them, the sends, those of them that the kernel copied, and the bytes that the sending thread allocated.
 */
final class SendWindows {
    private SendWindows() {}

    /** What is measured. */
    interface Sender extends AutoCloseable {
        /** Sends at least {@code bytes}, {@code chunk} with each call; answers when the kernel has taken them. */
        void send(long bytes, int chunk) throws Exception;

        /** How many calls the kernel has taken bytes from; 0 where that is not known. */
        default long sends() {
            return 0;
        }

        /** How many of them it copied. */
        default long copied() {
            return 0;
        }

        /** The thread that sends. */
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
