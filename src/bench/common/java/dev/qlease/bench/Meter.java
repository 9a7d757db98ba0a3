package dev.qlease.bench;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;

/** Readings taken before and after what is measured, beside the time. */
final class Meter {
    /** linux/time.h: the time of all threads of the process; Java's own figure has a resolution of 10 ms. */
    private static final int CLOCK_PROCESS_CPUTIME_ID = 2;

    private static final MethodHandle CLOCK_GETTIME = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("clock_gettime"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    private static final MemorySegment TIME = Arena.global().allocate(ValueLayout.JAVA_LONG, 2);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();

    private static final long QUIET_MILLIS = 500;

    private Meter() {}

    /** Returns the bytes that a thread has allocated; reading another thread's figure allocates itself. */
    static long allocated(long thread) {
        return thread == Thread.currentThread().threadId()
                ? THREADS.getCurrentThreadAllocatedBytes()
                : THREADS.getThreadAllocatedBytes(thread);
    }

    /** Waits until Java's compiler has been idle for a while, since it would distort the measurement. */
    static void awaitCompiler() throws InterruptedException {
        long before;
        long now = COMPILER.getTotalCompilationTime();
        do {
            before = now;
            Thread.sleep(QUIET_MILLIS);
            now = COMPILER.getTotalCompilationTime();
        } while (now != before);
    }

    /** Returns the processor time in nanoseconds. */
    static long processorTime() {
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
