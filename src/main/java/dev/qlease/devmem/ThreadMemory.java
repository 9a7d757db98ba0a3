package dev.qlease.devmem;

import dev.qlease.devmem.loop.LoopMemory;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;

/** The native memory of one event loop's thread. */
final class ThreadMemory extends LoopMemory {
    private static final int PIECES = 256;
    private static final int FRAGMENTS = 1024;

    private final Arena arena;
    private final SendBatch toSend;
    private final CompletionReader completions;
    private final ReceiveBatch received;

    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    ThreadMemory() {
        arena = Arena.ofShared();
        toSend = new SendBatch(arena, PIECES);
        completions = new CompletionReader(arena);
        received = ReceiveBatch.allocate(1, FRAGMENTS);
    }

    SendBatch toSend() {
        return toSend;
    }

    CompletionReader completions() {
        return completions;
    }

    @Override
    public void clear() {
        toSend.clear();
    }

    @Override
    public boolean add(TxBinding binding, long offset, long length) {
        return toSend.add(binding, offset, length);
    }

    @Override
    public boolean add(ByteBuffer source) {
        return toSend.add(source);
    }

    @Override
    public boolean add(long address, long length) {
        return toSend.add(address, length);
    }

    @Override
    public int count() {
        return toSend.count();
    }

    @Override
    public ReceiveBatch received() {
        return received;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            received.close();
            arena.close();
        }
    }
}
