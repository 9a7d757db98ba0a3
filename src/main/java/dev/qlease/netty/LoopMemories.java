package dev.qlease.netty;

import dev.qlease.devmem.LoopMemory;
import io.netty.util.concurrent.FastThreadLocal;

/** The memory of each event loop's thread, which ends with it. */
final class LoopMemories {
    private static final FastThreadLocal<LoopMemory> MEMORIES = new FastThreadLocal<>() {
        @Override
        protected LoopMemory initialValue() {
            return LoopMemory.allocate();
        }

        @Override
        protected void onRemoval(LoopMemory memory) {
            memory.close();
        }
    };

    private LoopMemories() {}

    static LoopMemory ofThisThread() {
        return MEMORIES.get();
    }
}
