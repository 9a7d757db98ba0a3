package dev.qlease.lease;

import dev.qlease.netlink.IpAddress;
import java.util.List;
import java.util.OptionalLong;

/**
 * How to undo one change of a lease, as data, since another process may have to do it with only the lease's record. No
 * undo contains a path or relies on a name; {@link UndoExecutor} proves that a thing belongs to the lease before
 * deleting it.
 */
sealed interface Undo {
    /** Returns the name of the thing for messages. */
    String title();

    /** The lease's links, identified by its id. */
    record Netkit() implements Undo {
        @Override
        public String title() {
            return "netkit device";
        }
    }

    /** The lease's BPF programs, which are pinned in the directory of its id. */
    record Programs() implements Undo {
        @Override
        public String title() {
            return "BPF programs";
        }
    }

    /** A flow rule that steers TCP traffic to {@code destination}, to one port or to all, to the leased queues. */
    record FlowRule(String destination, OptionalLong port) implements Undo {
        /** Checks the address. */
        public FlowRule {
            IpAddress.parse(destination);
        }

        @Override
        public String title() {
            return "flow rule for " + destination + (port.isPresent() ? " port " + port.getAsLong() : "");
        }
    }

    /**
     * An RSS context over the leased queues.
     *
     * @param before the contexts that existed before
     */
    record RssContext(List<Integer> before) implements Undo {
        public RssContext {
            before = List.copyOf(before);
        }

        @Override
        public String title() {
            return "RSS context";
        }
    }
}
