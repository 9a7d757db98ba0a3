package dev.qlease.linux.sys;

import dev.qlease.ffi.libc.Libc;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/**
 * struct epoll_event, laid out by hand because it is packed on x86_64 only: 12 bytes there and 16 elsewhere;
 * linux/eventpoll.h.
 */
public final class EpollEvent {
    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");

    /** The layout of one event. */
    public static final StructLayout LAYOUT = PACKED
            ? MemoryLayout.structLayout(Libc.C_INT, ValueLayout.JAVA_LONG_UNALIGNED)
            : MemoryLayout.structLayout(Libc.C_INT, MemoryLayout.paddingLayout(4), ValueLayout.JAVA_LONG);

    private static final long SIZE = LAYOUT.byteSize();
    private static final long DATA = SIZE - Long.BYTES;

    private EpollEvent() {}

    /** Returns the EPOLL flags of event {@code index} of an array. */
    public static int events(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_INT_UNALIGNED, index * SIZE);
    }

    /** Returns the data that was registered with the descriptor of event {@code index} of an array. */
    public static long data(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_LONG_UNALIGNED, index * SIZE + DATA);
    }

    /** Writes event {@code index} of an array. */
    static void set(MemorySegment array, int index, int events, long data) {
        array.set(ValueLayout.JAVA_INT_UNALIGNED, index * SIZE, events);
        array.set(ValueLayout.JAVA_LONG_UNALIGNED, index * SIZE + DATA, data);
    }
}
