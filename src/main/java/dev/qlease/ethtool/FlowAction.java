package dev.qlease.ethtool;

import java.util.OptionalInt;

/** The action for the packets that a {@link FlowRule} matches. */
public sealed interface FlowAction {
    /** Returns the action that steers packets to one queue. */
    static FlowAction queue(int queue) {
        return new Queue(queue);
    }

    /** Returns the action that spreads packets by an RSS context. */
    static FlowAction rssContext(int context) {
        return new RssContext(context);
    }

    /** Returns the action that drops packets. */
    static FlowAction drop() {
        return new Drop();
    }

    /**
     * Steers packets to one receive queue.
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
     * Spreads packets over the queues of an RSS context.
     *
     * @param context the number of the context; {@link Rss#context()}
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

    /** Drops packets. */
    record Drop() implements FlowAction {
        @Override
        public String toString() {
            return "drop";
        }
    }

    /**
     * Any other action, in the kernel's form: steering to a virtual function or to an offset in an RSS context, or
     * waking the machine.
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
