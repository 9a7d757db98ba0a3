package dev.qlease.dmabuf;

import static dev.qlease.dmabuf.GpuFunctions.INT;
import static dev.qlease.dmabuf.GpuFunctions.LONG;
import static dev.qlease.dmabuf.GpuFunctions.POINTER;
import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** NVIDIA's driver library, the CUDA driver API. Functions have the names that the library exports. */
final class Cuda implements GpuRuntime {
    static final String LIBRARY = "libcuda.so.1";

    /** CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD. */
    private static final int DMA_BUF_FD = 1;

    private final GpuFunctions functions;
    private final MethodHandle setCurrent;
    private final MethodHandle allocate;
    private final MethodHandle free;
    private final MethodHandle export;
    private final MethodHandle copyIn;
    private final MethodHandle copyOut;

    /** The first device's primary context, which all of the process shares and which is never released. */
    private final MemorySegment context;

    Cuda(String library) {
        functions = new GpuFunctions("CUDA", library);
        setCurrent = functions.function("cuCtxSetCurrent", POINTER);
        allocate = functions.function("cuMemAlloc_v2", POINTER, LONG);
        free = functions.function("cuMemFree_v2", LONG);
        export = functions.function("cuMemGetHandleForAddressRange", POINTER, LONG, LONG, INT, LONG);
        copyIn = functions.function("cuMemcpyHtoD_v2", LONG, POINTER, LONG);
        copyOut = functions.function("cuMemcpyDtoH_v2", POINTER, LONG, LONG);
        functions.call("cuInit", functions.function("cuInit", INT), f -> (int) f.invokeExact(0));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment device = arena.allocate(INT);
            functions.call("cuDeviceGet", functions.function("cuDeviceGet", POINTER, INT), f ->
                    (int) f.invokeExact(device, 0));
            MemorySegment retained = arena.allocate(ADDRESS);
            functions.call(
                    "cuDevicePrimaryCtxRetain", functions.function("cuDevicePrimaryCtxRetain", POINTER, INT), f ->
                            (int) f.invokeExact(retained, device.get(INT, 0)));
            context = retained.get(ADDRESS, 0);
        }
    }

    /** Makes the context current for the calling thread, since each thread has its own. */
    private void enter() {
        functions.call("cuCtxSetCurrent", setCurrent, f -> (int) f.invokeExact(context));
    }

    @Override
    public long allocate(long size) {
        enter();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(LONG);
            functions.call("cuMemAlloc of " + size + " bytes", allocate, f -> (int) f.invokeExact(pointer, size));
            return pointer.get(LONG, 0);
        }
    }

    @Override
    public int export(long pointer, long size) {
        enter();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment fd = arena.allocate(INT);
            functions.call("cuMemGetHandleForAddressRange", export, f ->
                    (int) f.invokeExact(fd, pointer, size, DMA_BUF_FD, 0L));
            return fd.get(INT, 0);
        }
    }

    @Override
    public void copyIn(long pointer, MemorySegment source) {
        enter();
        functions.call("cuMemcpyHtoD", copyIn, f -> (int) f.invokeExact(pointer, source, source.byteSize()));
    }

    @Override
    public void copyOut(MemorySegment target, long pointer) {
        enter();
        functions.call("cuMemcpyDtoH", copyOut, f -> (int) f.invokeExact(target, pointer, target.byteSize()));
    }

    @Override
    public void free(long pointer) {
        enter();
        functions.call("cuMemFree", free, f -> (int) f.invokeExact(pointer));
    }
}
