package dev.qlease.ethtool;

import java.util.OptionalInt;

/** What becomes of the packets that a {@link FlowRule} matches. */
public sealed interface FlowAction {
    /** They go to one queue. */
    static FlowAction queue(int queue) {
        return new Queue(queue);
    }

    /** They are spread as an RSS context says. */
    static FlowAction rssContext(int context) {
        return new RssContext(context);
    }

    /** They are dropped. */
    static FlowAction drop() {
        return new Drop();
    }

    /**
     * To one receive queue.
     *
     * @param queue its number, from 0
     */
    record Queue(int queue) implements FlowAction {
        /** Checks that the number is not negative. */
        public Queue {
            Numbers.checkRange("a queue", queue, 0, Integer.MAX_VALUE);
        }

        @Override
        public String toString() {
            return "queue " + queue;
        }
    }

    /**
     * Spread over queues.
     *
     * @param context as {@link Rss#context()}
     */
    record RssContext(int context) implements FlowAction {
        /** Checks that the number is not negative. */
        public RssContext {
            Numbers.checkRange("an RSS context", context, 0, Integer.MAX_VALUE);
        }

        @Override
        public String toString() {
            return "context " + context;
        }
    }

    /** Dropped. */
    record Drop() implements FlowAction {
        @Override
        public String toString() {
            return "drop";
        }
    }

    /**
     * Anything else, as the kernel has it: to a virtual function, to an offset in an RSS context, for waking up.
     *
     * @param ringCookie the kernel's number: RX_CLS_FLOW_WAKE, or queue and virtual function
     * @param context the RSS context, if packets are spread
     */
    record Other(long ringCookie, OptionalInt context) implements FlowAction {
        @Override
        public String toString() {
            String cookie = "ring-cookie 0x" + Long.toHexString(ringCookie);
            return context.isPresent() ? "context " + context.getAsInt() + " " + cookie : cookie;
        }
    }
}
