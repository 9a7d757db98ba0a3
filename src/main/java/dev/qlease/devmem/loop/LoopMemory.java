package dev.qlease.devmem.loop;

import dev.qlease.devmem.ReceiveBatch;
import dev.qlease.devmem.TxBinding;
import java.nio.ByteBuffer;

/**
 * The native memory for calls of {@link NonBlockingSocket}s: one instance for each event loop's thread, shared by all
 * of its sockets. Contains a batch to send, which holds consecutive pieces of a stream: from one bound dma-buf or from
 * ordinary memory, but not from both. Reusable; filling it allocates nothing. Not thread-safe.
 */
public abstract class LoopMemory implements AutoCloseable {
    /** For the implementation only. */
    protected LoopMemory() {}

    /** Allocates memory for a thread. */
    public static LoopMemory allocate() {
        return Loops.instance().allocate();
    }

    /** Empties the batch to send. */
    public abstract void clear();

    /**
     * Adds a piece of a bound dma-buf. Returns false if the batch is full or contains pieces of other memory.
     *
     * @param length at least 1
     * @throws IndexOutOfBoundsException if the dma-buf does not have these bytes
     */
    public abstract boolean add(TxBinding binding, long offset, long length);

    /**
     * Adds the remaining bytes of a buffer and leaves its position unchanged. Returns false if the batch is full or
     * contains pieces of a dma-buf.
     *
     * @param source direct, with at least one byte remaining; its memory must stay valid until it has been sent
     */
    public abstract boolean add(ByteBuffer source);

    /**
     * Adds native memory given by its address, which is not checked. Otherwise as {@link #add(ByteBuffer)}. Allocates
     * nothing.
     *
     * @param length at least 1
     */
    public abstract boolean add(long address, long length);

    /** Returns the number of pieces to send. */
    public abstract int count();

    /** Returns the batch to receive into; set its {@linkplain ReceiveBatch#target target} first. */
    public abstract ReceiveBatch received();

    /** Frees the memory. Idempotent. */
    @Override
    public abstract void close();
}
