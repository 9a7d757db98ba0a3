package dev.qlease.bench;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;

/**
 * Measures sending in windows as tx_send.c does: prints for each the chunk, the nanoseconds that it took, those of processor time among
 * them, the sends, those of them that the kernel copied, and the bytes that the sending thread allocated.
 */
final class SendWindows {
    /** linux/time.h: all threads' of the process; what Java itself tells of is counted in hundredths of a second. */
    private static final int CLOCK_PROCESS_CPUTIME_ID = 2;

    private static final MethodHandle CLOCK_GETTIME = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("clock_gettime"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    private static final MemorySegment TIME = Arena.global().allocate(ValueLayout.JAVA_LONG, 2);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

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
        long cpu = processorTime();
        long start = System.nanoTime();
        long allocated = allocated(sender.thread());
        sender.send(bytes, chunk);
        allocated = allocated(sender.thread()) - allocated;
        long wall = System.nanoTime() - start;
        cpu = processorTime() - cpu;
        System.out.printf(
                "%d %d %d %d %d %d%n", chunk, wall, cpu, sender.sends() - sends, sender.copied() - copied, allocated);
    }

    /** Asking for another thread allocates. */
    private static long allocated(long thread) {
        return thread == Thread.currentThread().threadId()
                ? THREADS.getCurrentThreadAllocatedBytes()
                : THREADS.getThreadAllocatedBytes(thread);
    }

    private static long processorTime() {
        try {
            int result = (int) CLOCK_GETTIME.invokeExact(CLOCK_PROCESS_CPUTIME_ID, TIME);
            if (result != 0) {
                throw new IllegalStateException("clock_gettime failed");
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
        return TIME.getAtIndex(ValueLayout.JAVA_LONG, 0) * 1_000_000_000 + TIME.getAtIndex(ValueLayout.JAVA_LONG, 1);
    }
}
