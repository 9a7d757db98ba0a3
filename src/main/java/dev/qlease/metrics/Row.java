package dev.qlease.metrics;

import dev.qlease.lease.LeaseInfo;
import dev.qlease.netdev.PagePool;
import dev.qlease.netdev.PagePoolStats;
import dev.qlease.netdev.Queue;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A row of what is shown of a sample. */
public sealed interface Row {
    /** Returns a text that no other object has had, by which the row is compared with that of an earlier sample. */
    String identity();

    /** Returns the name by which rows are sorted. */
    String name();

    /** Returns the counters. */
    Counters counters();

    /** Returns when the counters were read, by {@link System#nanoTime()}. */
    long nanos();

    /**
     * A lease.
     *
     * @param info the lease
     * @param counters the packets of its guest, and those that its guard has dropped
     * @param nanos when it was read
     */
    record OfLease(LeaseInfo info, Counters counters, long nanos) implements Row {
        @Override
        public String identity() {
            return "lease " + info.id();
        }

        @Override
        public String name() {
            return info.name();
        }
    }

    /**
     * A queue.
     *
     * @param device its device
     * @param queue the queue
     * @param counters its counters
     * @param nanos when they were read
     */
    record OfQueue(Device device, Queue queue, Counters counters, long nanos) implements Row {
        /** What a queue is used for. */
        public enum State {
            /** Leased to another device. */
            LEASED,
            /** It receives into memory of a process: a dma-buf, io_uring or AF_XDP. */
            BOUND,
            /** Neither. */
            FREE
        }

        /** Returns what it is used for. */
        public State state() {
            if (queue.lease().isPresent()) {
                return State.LEASED;
            }
            boolean bound = queue.dmabuf().isPresent()
                    || queue.ioUring().isPresent()
                    || queue.xsk().isPresent();
            return bound ? State.BOUND : State.FREE;
        }

        @Override
        public String identity() {
            return "queue " + device.identity() + " " + queue.type().text() + " " + queue.id();
        }

        @Override
        public String name() {
            return device.label();
        }
    }

    /**
     * A dma-buf binding of receive queues. The kernel does not list those that only send.
     *
     * @param id its number
     * @param device the device of its queues
     * @param queues its queues
     * @param inflight fragments that are in use outside its page pools, such as received and not returned yet
     * @param inflightMem bytes of these
     * @param counters the sum of the counters of its queues
     * @param nanos when they were read
     */
    record OfBinding(
            int id,
            Device device,
            List<Integer> queues,
            OptionalLong inflight,
            OptionalLong inflightMem,
            Counters counters,
            long nanos)
            implements Row {
        /** Keeps a copy of the list. */
        public OfBinding {
            queues = List.copyOf(queues);
        }

        /** Differs for other queues, since the sum of their counters does. */
        @Override
        public String identity() {
            return "binding " + device.identity() + " " + id + " " + queues;
        }

        @Override
        public String name() {
            return device.label();
        }
    }

    /**
     * A page pool.
     *
     * @param device its device
     * @param pool the pool
     * @param stats all its counters, if the kernel keeps them
     * @param counters those of them that are shown
     * @param nanos when they were read
     */
    record OfPool(Device device, PagePool pool, Optional<PagePoolStats> stats, Counters counters, long nanos)
            implements Row {
        @Override
        public String identity() {
            return "pool " + device.identity() + " " + pool.id();
        }

        @Override
        public String name() {
            return device.label();
        }
    }
}
