package dev.qlease.netty;

import dev.qlease.devmem.loop.LoopMemory;
import io.netty.util.concurrent.FastThreadLocal;

/** The native memory of each event loop's thread, which is freed at the end of the thread. */
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
