package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.sys.ControlMessages;
import dev.qlease.linux.sys.SocketMessage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive pieces of a stream that one system call sends: from one bound dma-buf or from ordinary memory, but not
 * from both. Reusable; filling it allocates nothing. Not thread-safe.
 */
final class SendBatch {
    private final SocketMessage message;
    private final ControlMessages control;
    private final long controlLength;
    private final long[] offsets;
    private final long[] lengths;
    private @Nullable TxBinding binding;
    private int count;
    private long bytes;

    /** Creates an empty batch with room for this many pieces. */
    SendBatch(Arena arena, int pieces) {
        offsets = new long[pieces];
        lengths = new long[pieces];
        message = new SocketMessage(arena, 0, pieces, ControlMessages.space(Integer.BYTES));
        control = new ControlMessages().rewind(message.control());
        controlLength = control.append(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_DMABUF(), Integer.BYTES);
    }

    /** Empties the batch. */
    void clear() {
        binding = null;
        count = 0;
        bytes = 0;
    }

    /**
     * Adds a piece of a bound dma-buf. Returns false if the batch is full or contains pieces of other memory.
     *
     * @param length at least 1
     * @throws IndexOutOfBoundsException if the dma-buf does not have these bytes
     */
    boolean add(TxBinding of, long offset, long length) {
        if (count == offsets.length || (count > 0 && binding != of)) {
            return false;
        }
        of.checkRange(offset, length);
        if (count == 0) {
            binding = of;
            message.control().set(ValueLayout.JAVA_INT, control.dataOffset(), of.id());
        }
        message.piece(count, of.base() + offset, length);
        put(offset, length);
        return true;
    }

    /**
     * Adds the remaining bytes of a buffer and leaves its position unchanged. Returns false if the batch is full or
     * contains pieces of a dma-buf.
     *
     * @param source direct, with at least one byte remaining; its memory must stay valid until it has been sent
     */
    boolean add(ByteBuffer source) {
        if (!source.isDirect()) {
            throw new IllegalArgumentException("the kernel reads native memory, not " + source);
        }
        MemorySegment piece = MemorySegment.ofBuffer(source);
        return add(piece.address(), piece.byteSize());
    }

    /**
     * Adds native memory given by its address, which is not checked. Otherwise as {@link #add(ByteBuffer)}. Allocates
     * nothing.
     *
     * @param length at least 1
     */
    boolean add(long address, long length) {
        if (count == offsets.length || binding != null) {
            return false;
        }
        message.piece(count, address, length);
        put(address, length);
        return true;
    }

    private void put(long base, long length) {
        offsets[count] = base;
        lengths[count] = length;
        count++;
        bytes += length;
    }

    /** Returns the number of pieces. */
    int count() {
        return count;
    }

    /** Returns the total size of the pieces in bytes. */
    long bytes() {
        return bytes;
    }

    /** Returns whether the pieces are in a dma-buf. */
    boolean isDevice() {
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

    /** Returns the msghdr of the batch. */
    MemorySegment header() {
        message.pieces(count);
        message.controlLength(binding != null && binding.isDevice() ? controlLength : 0);
        return message.header();
    }
}
