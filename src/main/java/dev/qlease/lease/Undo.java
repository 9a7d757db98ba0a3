package dev.qlease.lease;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How one change is taken back, as data: another process may have to do it, with nothing but what stands in a file. Each
 * says where to find the thing and what it was before; {@link Undoing} does it. The thing may be gone by then.
 */
sealed interface Undo {
    /** What is taken back, for a sentence. */
    String title();

    /**
     * A setting of the NIC or of the host, which several leases may want changed: the first says what it was before, the
     * last one gives it back.
     */
    sealed interface Shared extends Undo {
        /** The same for the same setting. */
        default String key() {
            return title();
        }
    }

    /** A setting of the NIC; another NIC may have its name later on. */
    sealed interface OfNic extends Shared {
        int ifindex();

        @Override
        default String key() {
            return title() + ", ifindex " + ifindex();
        }
    }

    /** How many channels the NIC had; empty for a number that was left alone. */
    record Channels(int ifindex, String nic, OptionalLong rx, OptionalLong combined) implements OfNic {
        @Override
        public String title() {
            return "channels of " + nic;
        }
    }

    /** What the NIC's rings were like; empty for what was left alone. {@code tcpDataSplit} is the kernel's number. */
    record Rings(int ifindex, String nic, OptionalLong rx, OptionalLong tcpDataSplit, OptionalLong hdsThresh)
            implements OfNic {
        @Override
        public String title() {
            return "rings of " + nic;
        }
    }

    /** Whether the NIC's feature was on. */
    record Feature(int ifindex, String nic, String name, boolean on) implements OfNic {
        @Override
        public String title() {
            return name + " of " + nic;
        }
    }

    /** Where the NIC's hash spread its packets; empty if that was the driver's own choice. */
    record RssTable(int ifindex, String nic, List<Integer> table) implements OfNic {
        @Override
        public String title() {
            return "RSS table of " + nic;
        }
    }

    /** What stood in a file below /proc/sys. */
    record Sysctl(String path, String value) implements Shared {
        @Override
        public String title() {
            return path;
        }
    }

    /** A link that was made; {@code netns} is where, as a path, if that is not the lease's own side. */
    record Link(String ifname, Optional<String> netns) implements Undo {
        @Override
        public String title() {
            return "link " + ifname;
        }
    }

    /** An attached BPF program that was pinned there. */
    record Pin(String path) implements Undo {
        @Override
        public String title() {
            return "BPF program pinned at " + path;
        }
    }

    /** A rule that steers TCP to {@code destination}, of one port or of all, to a queue or to an RSS context. */
    record FlowRule(int ifindex, String nic, String destination, OptionalLong port) implements Undo {
        @Override
        public String title() {
            return "flow rule for " + destination + (port.isPresent() ? " port " + port.getAsLong() : "") + " on "
                    + nic;
        }
    }

    /** The RSS context that spreads over these queues and no other. */
    record RssContext(int ifindex, String nic, List<Integer> queues) implements Undo {
        @Override
        public String title() {
            return "RSS context of " + nic + " over queues " + queues;
        }
    }
}
