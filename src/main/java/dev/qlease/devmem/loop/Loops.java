package dev.qlease.devmem.loop;

import dev.qlease.linux.NetworkNamespace;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Creates sockets and memory for event loops. The implementation is in the package dev.qlease.devmem, since it shares
 * code with blocking sockets that is not exported from there.
 */
public abstract class Loops {
    private static final String IMPLEMENTATION = "dev.qlease.devmem.LoopProvider";

    private static volatile @Nullable Loops implementation;

    /** For the implementation only. */
    protected Loops() {}

    /** Sets the implementation; called by its class initializer. */
    public static void provide(Loops loops) {
        implementation = loops;
    }

    static Loops instance() {
        Loops known = implementation;
        return known != null ? known : initialized();
    }

    private static Loops initialized() {
        try {
            Class.forName(IMPLEMENTATION, true, Loops.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("the class " + IMPLEMENTATION + " is missing", e);
        }
        return Objects.requireNonNull(implementation);
    }

    /** Opens a socket, as {@link NonBlockingSocket#open}. */
    protected abstract NonBlockingSocket open(NetworkNamespace namespace);

    /** Allocates memory, as {@link LoopMemory#allocate}. */
    protected abstract LoopMemory allocate();
}
