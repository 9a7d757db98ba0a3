package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Calls C functions by their addresses and captures errno.
 *
 * <p>All calls go through one method handle, for a function that takes six longs and returns a long. It fits every
 * function of up to six integers and pointers: the calling conventions of x86_64 (System V) and aarch64 pass each of
 * them in a 64-bit register, for variadic functions too; a function uses only as many bits of a register as its
 * parameter has, and only as many registers as it has parameters. One handle per signature would cost a starting
 * process some 10 ms each, more than half of the run time of a command with a single request.
 *
 * <p>A call returns the function's result, or the negative errno if that was -1. An interrupted call is repeated,
 * except through {@code callOnce}: close(2), which must not be repeated, and waits, whose timeout would start again.
 *
 * <p>Memory is passed by its {@link #address}: the caller ensures that it is not freed before the call returns.
 */
final class Native {
    static {
        NativeAccess.require();
    }

    private static final int INTERRUPTED = -Libc.EINTR();
    private static final Linker LINKER = Linker.nativeLinker();

    /**
     * The arguments are the function's address, the segment for errno, and the six longs.
     *
     * <p>The handle is in an array so that the JIT compiler does not treat it as a constant and compiles it separately.
     * At the end of a long chain of methods, such as Netty's, it would be inlined only in part, and each call would
     * then allocate an object for the errno segment.
     */
    private static final MethodHandle[] CALL = {
        LINKER.downcallHandle(
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG),
                Linker.Option.captureCallState("errno"))
    };

    private Native() {}

    /**
     * Returns the address of a C function.
     *
     * @throws UnsatisfiedLinkError naming the function, if the C library has none of that name
     */
    static MemorySegment symbol(String name) {
        return LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsatisfiedLinkError(
                        "this system's C library has no function " + name + ": qlease needs glibc 2.34 or newer"));
    }

    /**
     * Returns the address of {@code memory}.
     *
     * @throws IllegalArgumentException if it is a segment on the Java heap
     * @throws IllegalStateException if its arena is closed
     */
    static long address(MemorySegment memory) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("the kernel takes native memory, not " + memory);
        }
        if (!memory.scope().isAlive()) {
            throw new IllegalStateException("the memory is freed already: " + memory);
        }
        return memory.address();
    }

    /** A downcall throws only if its method handle is wrong. */
    private static RuntimeException unexpected(Throwable t) {
        return switch (t) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException("a native call threw a checked exception", t);
        };
    }

    /** Calls a function that returns an int; the upper half of the register is undefined. */
    private static int once(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = CaptureState.take();
        try {
            int result = (int) (long) CALL[0].invokeExact(function, state, a, b, c, d, e, f);
            return result == -1 ? -CaptureState.errno(state) : result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    private static int repeated(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        int result;
        do {
            result = once(function, a, b, c, d, e, f);
        } while (result == INTERRUPTED);
        return result;
    }

    /** Calls a function that returns a long. */
    static long callLong(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = CaptureState.take();
        try {
            long result;
            do {
                result = (long) CALL[0].invokeExact(function, state, a, b, c, d, e, f);
            } while (result == -1 && CaptureState.errno(state) == -INTERRUPTED);
            return result == -1 ? -CaptureState.errno(state) : result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static long callLong(MemorySegment function, long a) {
        return callLong(function, a, 0, 0, 0, 0, 0);
    }

    static long callLong(MemorySegment function, long a, long b, long c) {
        return callLong(function, a, b, c, 0, 0, 0);
    }

    static int call(MemorySegment function) {
        return repeated(function, 0, 0, 0, 0, 0, 0);
    }

    static int call(MemorySegment function, long a, long b) {
        return repeated(function, a, b, 0, 0, 0, 0);
    }

    static int call(MemorySegment function, long a, long b, long c) {
        return repeated(function, a, b, c, 0, 0, 0);
    }

    static int call(MemorySegment function, long a, long b, long c, long d) {
        return repeated(function, a, b, c, d, 0, 0);
    }

    static int call(MemorySegment function, long a, long b, long c, long d, long e) {
        return repeated(function, a, b, c, d, e, 0);
    }

    static int call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        return (int) callLong(function, a, b, c, d, e, f);
    }

    static int callOnce(MemorySegment function, long a) {
        return once(function, a, 0, 0, 0, 0, 0);
    }

    static int callOnce(MemorySegment function, long a, long b, long c) {
        return once(function, a, b, c, 0, 0, 0);
    }

    static int callOnce(MemorySegment function, long a, long b, long c, long d) {
        return once(function, a, b, c, d, 0, 0);
    }
}
