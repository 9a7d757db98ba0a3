package dev.qlease.devmem;

import dev.qlease.devmem.loop.LoopMemory;
import dev.qlease.devmem.loop.Loops;
import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.linux.NetworkNamespace;

/** Creates sockets and memory for event loops; found by {@link Loops}. */
final class LoopProvider extends Loops {
    static {
        Loops.provide(new LoopProvider());
    }

    private LoopProvider() {}

    @Override
    protected NonBlockingSocket open(NetworkNamespace namespace) {
        return LoopSocket.openIn(namespace);
    }

    @Override
    protected LoopMemory allocate() {
        return new ThreadMemory();
    }
}
