package dev.qlease.dmabuf;

import static dev.qlease.dmabuf.GpuFunctions.INT;
import static dev.qlease.dmabuf.GpuFunctions.LONG;
import static dev.qlease.dmabuf.GpuFunctions.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** AMD's ROCm library, the HIP runtime API. Functions have the names that the library exports. */
final class Hip implements GpuRuntime {
    static final String LIBRARY = "libamdhip64.so";

    /** hipMemRangeHandleTypeDmaBufFd. */
    private static final int DMA_BUF_FD = 1;

    /** hipMemcpyHostToDevice. */
    private static final int TO_DEVICE = 1;

    /** hipMemcpyDeviceToHost. */
    private static final int TO_HOST = 2;

    private final GpuFunctions functions;
    private final MethodHandle setDevice;
    private final MethodHandle allocate;
    private final MethodHandle free;
    private final MethodHandle export;
    private final MethodHandle copy;

    Hip(String library) {
        functions = new GpuFunctions("HIP", library);
        setDevice = functions.function("hipSetDevice", INT);
        allocate = functions.function("hipMalloc", POINTER, LONG);
        free = functions.function("hipFree", LONG);
        export = functions.function("hipMemGetHandleForAddressRange", POINTER, LONG, LONG, INT, LONG);
        copy = functions.function("hipMemcpy", LONG, LONG, LONG, INT);
        functions.call("hipInit", functions.function("hipInit", INT), f -> (int) f.invokeExact(0));
        enter();
    }

    /** Selects the device for the calling thread, since each thread has its own. */
    private void enter() {
        functions.call("hipSetDevice", setDevice, f -> (int) f.invokeExact(0));
    }

    @Override
    public long allocate(long size) {
        enter();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(LONG);
            functions.call("hipMalloc of " + size + " bytes", allocate, f -> (int) f.invokeExact(pointer, size));
            return pointer.get(LONG, 0);
        }
    }

    @Override
    public int export(long pointer, long size) {
        enter();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fd = arena.allocate(INT);
            functions.call("hipMemGetHandleForAddressRange", export, f ->
                    (int) f.invokeExact(fd, pointer, size, DMA_BUF_FD, 0L));
            return fd.get(INT, 0);
        }
    }

    @Override
    public void copyIn(long pointer, MemorySegment source) {
        copy(pointer, source.address(), source.byteSize(), TO_DEVICE);
    }

    @Override
    public void copyOut(MemorySegment target, long pointer) {
        copy(target.address(), pointer, target.byteSize(), TO_HOST);
    }

    private void copy(long to, long from, long size, int direction) {
        enter();
        functions.call("hipMemcpy", copy, f -> (int) f.invokeExact(to, from, size, direction));
    }

    @Override
    public void free(long pointer) {
        enter();
        functions.call("hipFree", free, f -> (int) f.invokeExact(pointer));
    }
}
