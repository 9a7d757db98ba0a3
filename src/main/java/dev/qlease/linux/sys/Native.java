package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Links C functions with errno capture and calls them, one method for each shape of signature.
 *
 * <p>A call answers the function's result, or the negative errno where that was -1. What a signal interrupted is called
 * again, but for {@code callOnce}: close(2), which must not be, and the waits, whose time would start anew. The handles
 * are constants of their callers, so that these methods compile down to the bare call.
 */
final class Native {
    static {
        NativeAccess.require();
    }

    private static final int INTERRUPTED = -Libc.EINTR();
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

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

    /** A handle for {@code function} that takes the capture segment as its first argument. */
    static MethodHandle link(MemorySegment function, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(function, descriptor, ERRNO);
    }

    /** A handle for a variadic {@code function}, whose arguments from index {@code fixed} on are the variable ones. */
    static MethodHandle linkVariadic(MemorySegment function, FunctionDescriptor descriptor, int fixed) {
        return LINKER.downcallHandle(function, descriptor, ERRNO, Linker.Option.firstVariadicArg(fixed));
    }

    private static int outcome(int result, MemorySegment state) {
        return result == -1 ? -CaptureState.errno(state) : result;
    }

    private static long outcome(long result, MemorySegment state) {
        return result == -1 ? -CaptureState.errno(state) : result;
    }

    /** A downcall throws nothing but what a closed segment or a wrong handle makes it throw. */
    static RuntimeException unexpected(Throwable t) {
        return switch (t) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException("a native call threw a checked exception", t);
        };
    }

    static int call(MethodHandle function) {
        MemorySegment state = CaptureState.take();
        try {
            return outcome((int) function.invokeExact(state), state);
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int callOnce(MethodHandle function, int a) {
        MemorySegment state = CaptureState.take();
        try {
            return outcome((int) function.invokeExact(state, a), state);
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, int a, int b) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, int a, long b) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, int a, int b, int c) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b, c), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, int a, long b, MemorySegment c) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b, c), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, int a, MemorySegment b) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int callOnce(MethodHandle function, int a, MemorySegment b, int c) {
        MemorySegment state = CaptureState.take();
        try {
            return outcome((int) function.invokeExact(state, a, b, c), state);
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, int a, MemorySegment b, MemorySegment c) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b, c), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, int a, MemorySegment b, MemorySegment c, int d) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b, c, d), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, int a, int b, int c, MemorySegment d) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b, c, d), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, int a, int b, int c, MemorySegment d, int e) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b, c, d, e), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, int a, int b, int c, MemorySegment d, MemorySegment e) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b, c, d, e), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, MemorySegment a, int b) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, MemorySegment a, int b, int c) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b, c), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, MemorySegment a, long b) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int callOnce(MethodHandle function, MemorySegment a, long b, int c) {
        MemorySegment state = CaptureState.take();
        try {
            return outcome((int) function.invokeExact(state, a, b, c), state);
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int call(MethodHandle function, MemorySegment a, MemorySegment b, MemorySegment c, long d, MemorySegment e) {
        MemorySegment state = CaptureState.take();
        try {
            int result;
            do {
                result = outcome((int) function.invokeExact(state, a, b, c, d, e), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static int callOnce(MethodHandle function, int a, MemorySegment b, int c, int d) {
        MemorySegment state = CaptureState.take();
        try {
            return outcome((int) function.invokeExact(state, a, b, c, d), state);
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static long callLong(MethodHandle function, int a) {
        MemorySegment state = CaptureState.take();
        try {
            return outcome((long) function.invokeExact(state, a), state);
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static long callLong(MethodHandle function, int a, long b, int c) {
        MemorySegment state = CaptureState.take();
        try {
            long result;
            do {
                result = outcome((long) function.invokeExact(state, a, b, c), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static long callLong(MethodHandle function, int a, MemorySegment b, int c) {
        MemorySegment state = CaptureState.take();
        try {
            long result;
            do {
                result = outcome((long) function.invokeExact(state, a, b, c), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static long callLong(MethodHandle function, int a, MemorySegment b, long c) {
        MemorySegment state = CaptureState.take();
        try {
            long result;
            do {
                result = outcome((long) function.invokeExact(state, a, b, c), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }

    static long callLong(MethodHandle function, int a, MemorySegment b, long c, int d, MemorySegment e, int f) {
        MemorySegment state = CaptureState.take();
        try {
            long result;
            do {
                result = outcome((long) function.invokeExact(state, a, b, c, d, e, f), state);
            } while (result == INTERRUPTED);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CaptureState.give(state);
        }
    }
}
