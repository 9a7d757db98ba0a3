package dev.qlease.devmem;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.sys.ControlMessages;
import dev.qlease.linux.sys.SocketMessage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Neighbours in a stream that one system call sends: pieces of one bound dma-buf, or of ordinary memory, never of both.
 * Filled over and over; filling allocates nothing. Part of a {@link LoopMemory}, and for its thread.
 */
public final class Gathering {
    /** The most pieces. */
    public static final int MAX_PIECES = 256;

    private final SocketMessage message;
    private final ControlMessages control;
    private final long controlLength;
    private final long[] offsets = new long[MAX_PIECES];
    private final long[] lengths = new long[MAX_PIECES];
    private @Nullable TxBinding binding;
    private int count;
    private long bytes;

    Gathering(Arena arena) {
        message = new SocketMessage(arena, 0, MAX_PIECES, ControlMessages.space(Integer.BYTES));
        control = new ControlMessages().rewind(message.control());
        controlLength = control.append(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_DMABUF(), Integer.BYTES);
    }

    /** Begins anew. */
    public void clear() {
        binding = null;
        count = 0;
        bytes = 0;
    }

    /**
     * Adds a piece of a bound dma-buf; false if it does not go with what is there, or nothing more does.
     *
     * @param length at least 1
     * @throws IndexOutOfBoundsException if the dma-buf does not have these bytes
     */
    public boolean add(TxBinding of, long offset, long length) {
        if (count == MAX_PIECES || (count > 0 && binding != of)) {
            return false;
        }
        checkRange(of.dmaBuf(), offset, length);
        if (count == 0) {
            binding = of;
            message.control().set(ValueLayout.JAVA_INT, control.dataOffset(), of.id());
        }
        put(offset, length);
        return true;
    }

    /** That a dma-buf has these bytes, which are at least one. */
    static void checkRange(DmaBuf dmaBuf, long offset, long length) {
        if (length <= 0 || offset < 0 || offset > dmaBuf.size() - length) {
            throw new IndexOutOfBoundsException(
                    "the dma-buf has " + dmaBuf.size() + " bytes, not " + length + " from " + offset);
        }
    }

    /**
     * Adds what remains in a buffer, whose position stays; false if it does not go with what is there, or nothing more does.
     *
     * @param source direct, with at least one byte remaining; its memory must stay until it has been sent
     */
    public boolean add(ByteBuffer source) {
        if (!source.isDirect()) {
            throw new IllegalArgumentException("the kernel reads native memory, not " + source);
        }
        MemorySegment piece = MemorySegment.ofBuffer(source);
        return add(piece.address(), piece.byteSize());
    }

    /**
     * Adds native memory by its address, which is the caller's to be right about; else as {@link #add(ByteBuffer)}. It
     * allocates nothing.
     *
     * @param length at least 1
     */
    public boolean add(long address, long length) {
        if (count == MAX_PIECES || binding != null) {
            return false;
        }
        put(address, length);
        return true;
    }

    private void put(long base, long length) {
        message.piece(count, base, length);
        offsets[count] = base;
        lengths[count] = length;
        count++;
        bytes += length;
    }

    /** How many pieces there are. */
    public int count() {
        return count;
    }

    /** How many bytes they have. */
    public long bytes() {
        return bytes;
    }

    /** Whether they are of a dma-buf. */
    public boolean isDevice() {
        return binding != null;
    }

    @Nullable
    TxBinding binding() {
        return binding;
    }

    long offset(int index) {
        return offsets[index];
    }

    long length(int index) {
        return lengths[index];
    }

    /** What sendmsg takes. */
    MemorySegment header() {
        message.pieces(count);
        message.controlLength(binding == null ? 0 : controlLength);
        return message.header();
    }
}
