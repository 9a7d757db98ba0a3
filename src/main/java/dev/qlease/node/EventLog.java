package dev.qlease.node;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Reports events one at a time, but of each network namespace only some refusals in a period, so that no guest can fill
 * the log. The rest are counted, and the count is reported after the period. Thread-safe.
 */
final class EventLog {
    /** The most refusals of a namespace that are reported in a period. */
    static final int MOST_REFUSALS = 20;

    static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** The most namespaces that are counted apart in a period; all further ones are counted together. */
    private static final int MOST_NAMESPACES = 256;

    private static final long OTHERS = 0;

    private final Consumer<NodeEvent> listener;
    private final LongSupplier clock;
    private final Map<Long, Integer> refusals = new HashMap<>();
    private long begin;

    /** @param clock as {@link System#nanoTime()} */
    EventLog(Consumer<NodeEvent> listener, LongSupplier clock) {
        this.listener = listener;
        this.clock = clock;
        this.begin = clock.getAsLong();
    }

    synchronized void report(NodeEvent event) {
        tick();
        if (event.kind() == NodeEvent.Kind.REFUSED) {
            boolean apart = refusals.size() < MOST_NAMESPACES || refusals.containsKey(event.netns());
            if (refusals.merge(apart ? event.netns() : OTHERS, 1, Integer::sum) > MOST_REFUSALS) {
                return;
            }
        }
        listener.accept(event);
    }

    /** Ends the period if its time has passed. */
    synchronized void tick() {
        if (clock.getAsLong() - begin >= PERIOD_NANOS) {
            flush();
        }
    }

    /** Reports how many refusals were not, and begins a new period. */
    synchronized void flush() {
        begin = clock.getAsLong();
        refusals.forEach((namespace, count) -> {
            if (count > MOST_REFUSALS) {
                listener.accept(NodeEvent.of(
                        NodeEvent.Kind.SUPPRESSED, namespace, (count - MOST_REFUSALS) + " more requests were refused"));
            }
        });
        refusals.clear();
    }
}
