package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Calls C functions by their addresses, with errno capture.
 *
 * <p>All calls go through one method handle, of a function of six longs that answers a long. It fits every function of up to
 * six integers and pointers: the calling conventions of x86_64 (System V) and aarch64 pass each of them in a register of 64
 * bits, of variadic functions too; of that register a function looks at as much as its parameter has, and it looks at no
 * more registers than it has parameters. A handle for each signature would cost a starting process some 10 ms each, which
 * for a command that asks the kernel one thing was more than half of its time.
 *
 * <p>A call answers the function's result, or the negative errno where that was -1. What a signal interrupted is called
 * again, but for {@code callOnce}: close(2), which must not be, and the waits, whose time would start anew.
 *
 * <p>Memory goes in by its {@link #address}: whoever passes it sees to it that nobody frees it before the call returns.
 */
final class Native {
    static {
        NativeAccess.require();
    }

    private static final int INTERRUPTED = -Libc.EINTR();
    private static final Linker LINKER = Linker.nativeLinker();

    /**
     * Takes the function's address, the segment for errno, and the arguments.
     *
     * <p>In an array, since of what is in there Java's compiler makes no constant: it compiles the handle by itself. The end of
     * a long chain of methods, such as Netty's, it would inline it into only in part, and then make an object of the errno
     * segment with each call.
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
     * The address of a C function.
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
     * Where {@code memory} is.
     *
     * @throws IllegalArgumentException if it is an array of Java's
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

    /** A downcall throws nothing but what a wrong handle makes it throw. */
    private static RuntimeException unexpected(Throwable t) {
        return switch (t) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException("a native call threw a checked exception", t);
        };
    }

    /** A function that answers an int: the upper half of the register is whatever it left there. */
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

    /** A function that answers a long. */
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
