package dev.qlease.node;

import dev.qlease.linux.FileDescriptor;

/** Who may bind what, and how: {@link LeasedQueues}, or a stand-in of tests where there is no NIC. Thread-safe. */
interface QueueAccess {
    /** A binding to hand over; closing drops this process's share of it. */
    interface Made extends AutoCloseable {
        /** Returns what to reply. */
        Message.Bound reply();

        /** Returns the name of the lease. */
        String lease();

        /** Returns the netlink socket that holds the binding; remains owned by this object. */
        FileDescriptor socket();

        @Override
        void close();
    }

    /** Returns whether the network namespace with this cookie has a lease; takes little time. */
    boolean hasLease(long namespace);

    /**
     * Binds a file to leased queues of a process's network namespace.
     *
     * @param memory what came as a dma-buf, which may be any file: it must not be touched other than by the kernel's
     *     binding; remains owned by the caller
     * @throws BindingRefusedException if it is refused
     */
    Made bind(Message.Bind request, FileDescriptor memory, Peer peer);
}
