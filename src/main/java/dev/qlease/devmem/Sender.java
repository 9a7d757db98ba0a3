package dev.qlease.devmem;

import java.time.Duration;

/** A socket that sends from bindings, as these see it. */
sealed interface Sender permits Sending, LoopSending {
    /** Whether a send that has not completed holds any of these bytes of the dma-buf of {@code binding}. */
    boolean holds(TxBinding binding, long offset, long length);

    /** How many sends have not completed after waiting for them; of a closed socket, without waiting. */
    int awaitedOutstanding(Duration patience);
}
