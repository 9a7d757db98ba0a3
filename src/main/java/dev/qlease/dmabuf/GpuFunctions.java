package dev.qlease.dmabuf;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.DynamicLibrary;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Functions of a GPU's library, each of which returns an int that is 0 for success. */
final class GpuFunctions {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    static final MemoryLayout POINTER = ValueLayout.ADDRESS;

    /** Calls a method handle. */
    @FunctionalInterface
    interface Call {
        int make(MethodHandle function) throws Throwable;
    }

    private final DynamicLibrary library;
    private final String runtime;

    GpuFunctions(String runtime, String library) {
        this.runtime = runtime;
        this.library = DynamicLibrary.open(library);
    }

    /** Returns a function that takes {@code arguments} and returns an int. */
    MethodHandle function(String name, MemoryLayout... arguments) {
        return library.function(name, FunctionDescriptor.of(INT, arguments));
    }

    /**
     * Calls a function.
     *
     * @throws LinuxException if the result is not 0
     */
    void call(String operation, MethodHandle function, Call call) {
        int result;
        try {
            result = call.make(function);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new IllegalStateException("a native call threw a checked exception", t);
        }
        if (result != 0) {
            throw new LinuxException(runtime, Errno.EIO.number(), operation + " returned error " + result);
        }
    }
}
