package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** System calls on mappings. */
public final class Memory {
    private Memory() {}

    private static final class Sysconf {
        static final MemorySegment CALL = Native.symbol("sysconf");
    }

    /** Returns the size of a page in bytes: the only place that knows it. */
    public static long pageSize() {
        return Native.callLong(Sysconf.CALL, Libc._SC_PAGESIZE());
    }

    private static final class Mmap {
        static final MemorySegment CALL = Native.symbol("mmap");
    }

    /**
     * mmap(2) at an address chosen by the kernel; returns the mapping, of {@code length} bytes, which exists until
     * {@code arena} closes.
     *
     * @throws LinuxException naming {@code what}, if the kernel refuses
     */
    public static MemorySegment map(Arena arena, long length, int protection, int flags, int fd, String what) {
        long address = LinuxException.check(Native.callLong(Mmap.CALL, 0, length, protection, flags, fd, 0), what);
        MemorySegment mapped = MemorySegment.ofAddress(address);
        return mapped.reinterpret(length, arena, m -> LinuxException.check(munmap(m, length), "munmap"));
    }

    private static final class Munmap {
        static final MemorySegment CALL = Native.symbol("munmap");
    }

    /** munmap(2). */
    static int munmap(MemorySegment address, long length) {
        return Native.call(Munmap.CALL, Native.address(address), length);
    }

    private static final class Madvise {
        static final MemorySegment CALL = Native.symbol("madvise");
    }

    /** madvise(2). */
    public static int madvise(MemorySegment address, long length, int advice) {
        return Native.callOnce(Madvise.CALL, Native.address(address), length, advice);
    }

    /**
     * Makes a mapping use small pages only, since the kernel may clear a whole huge page when the first byte is
     * touched. A kernel without huge pages rejects this call, and there is nothing to avoid.
     */
    public static void avoidHugePages(MemorySegment mapping) {
        int result = madvise(mapping, mapping.byteSize(), Libc.MADV_NOHUGEPAGE());
        if (result != -Libc.EINVAL()) {
            LinuxException.check(result, "madvise for small pages");
        }
    }
}
