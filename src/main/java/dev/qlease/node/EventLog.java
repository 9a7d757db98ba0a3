package dev.qlease.node;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Reports events one at a time, but of each network namespace only some bindings and some refusals in a period, so that
 * no guest can fill the log. The rest are counted, and the count is reported after the period. Thread-safe.
 */
final class EventLog {
    /** The most bindings, and the most other events, of a namespace that are reported in a period. */
    static final int MOST = 20;

    static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** The most namespaces that are counted apart in a period; all further ones are counted together. */
    private static final int MOST_NAMESPACES = 256;

    private static final long OTHERS = 0;

    private final Consumer<NodeEvent> listener;
    private final Consumer<NodeEvent> counter;
    private final LongSupplier clock;
    private final Map<Origin, Integer> counts = new HashMap<>();
    private long begin;

    /** Events of one namespace that are counted together. */
    private record Origin(long namespace, boolean bound) {}

    /**
     * @param listener receives the events that are reported
     * @param counter receives all events
     * @param clock as {@link System#nanoTime()}
     */
    EventLog(Consumer<NodeEvent> listener, Consumer<NodeEvent> counter, LongSupplier clock) {
        this.listener = listener;
        this.counter = counter;
        this.clock = clock;
        this.begin = clock.getAsLong();
    }

    synchronized void report(NodeEvent event) {
        tick();
        counter.accept(event);
        boolean bound = event.kind() == NodeEvent.Kind.BOUND;
        Origin own = new Origin(event.netns(), bound);
        boolean apart = counts.size() < MOST_NAMESPACES || counts.containsKey(own);
        if (counts.merge(apart ? own : new Origin(OTHERS, bound), 1, Integer::sum) <= MOST) {
            listener.accept(event);
        }
    }

    /** Ends the period if its time has passed. */
    synchronized void tick() {
        if (clock.getAsLong() - begin >= PERIOD_NANOS) {
            flush();
        }
    }

    /** Reports how many events were not, and begins a new period. */
    synchronized void flush() {
        begin = clock.getAsLong();
        counts.forEach((origin, count) -> {
            if (count > MOST) {
                String what = origin.bound() ? " more dma-bufs were bound" : " more requests were refused";
                listener.accept(NodeEvent.of(NodeEvent.Kind.SUPPRESSED, origin.namespace(), count - MOST + what));
            }
        });
        counts.clear();
    }
}
