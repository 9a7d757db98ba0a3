package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Calls on mappings. */
public final class Memory {
    private Memory() {}

    private static final class Sysconf {
        static final MethodHandle CALL = Native.link(Native.symbol("sysconf"), Libc.sysconf$descriptor());
    }

    /** Bytes of a page. */
    public static long pageSize() {
        return Native.callLong(Sysconf.CALL, Libc._SC_PAGESIZE());
    }

    private static final class Mmap {
        static final MethodHandle CALL = Native.link(Native.symbol("mmap"), Libc.mmap$descriptor());
    }

    /**
     * mmap(2) at an address of the kernel's choice: the mapping, of {@code length} bytes, until {@code arena} closes.
     *
     * @throws LinuxException naming {@code what}, if the kernel refuses
     */
    public static MemorySegment map(Arena arena, long length, int protection, int flags, int fd, String what) {
        MemorySegment mapped;
        MemorySegment state = CaptureState.take();
        try {
            mapped =
                    (MemorySegment) Mmap.CALL.invokeExact(state, MemorySegment.NULL, length, protection, flags, fd, 0L);
            if (mapped.address() == -1) {
                throw LinuxException.of(what, CaptureState.errno(state));
            }
        } catch (Throwable t) {
            throw Native.unexpected(t);
        } finally {
            CaptureState.give(state);
        }
        return mapped.reinterpret(length, arena, m -> LinuxException.check(munmap(m, length), "munmap"));
    }

    private static final class Munmap {
        static final MethodHandle CALL = Native.link(Native.symbol("munmap"), Libc.munmap$descriptor());
    }

    /** munmap(2). */
    static int munmap(MemorySegment address, long length) {
        return Native.call(Munmap.CALL, address, length);
    }

    private static final class Madvise {
        static final MethodHandle CALL = Native.link(Native.symbol("madvise"), Libc.madvise$descriptor());
    }

    /** madvise(2). */
    public static int madvise(MemorySegment address, long length, int advice) {
        return Native.callOnce(Madvise.CALL, address, length, advice);
    }
}
