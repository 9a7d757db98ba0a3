package dev.qlease.node;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.linux.FileDescriptor;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Stands in for the queues where there is no NIC: grants every request of one namespace, with {@link #GIVEN}. */
final class StandInQueues implements QueueAccess {
    /** What is handed over in place of a netlink socket. */
    static final Path GIVEN = Path.of("/dev/full");

    /** The device for which a request ends in a fault of the agent. */
    static final String FAULT = "fault";

    private final long namespace;
    private final CountDownLatch holding = new CountDownLatch(1);
    private volatile boolean hold;

    StandInQueues(long namespace) {
        this.namespace = namespace;
    }

    /** From now on, requests wait until {@link #go}. */
    void hold() {
        hold = true;
    }

    void go() {
        holding.countDown();
    }

    private record Stand(FileDescriptor socket) implements Made {
        @Override
        public Message.Bound reply() {
            return new Message.Bound(42, 7, List.of(1));
        }

        @Override
        public String lease() {
            return "ql0";
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    @Override
    public boolean hasLease(long asked) {
        return asked == namespace;
    }

    @Override
    public Made bind(Message.Bind request, FileDescriptor memory, Peer peer) {
        if (hold) {
            try {
                holding.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        if (request.device().equals(FAULT)) {
            throw new IllegalStateException("a fault");
        }
        return new Stand(FileDescriptor.open(GIVEN, Libc.O_RDWR()));
    }
}
