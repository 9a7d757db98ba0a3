package dev.qlease.node;

import dev.qlease.devmem.RxBinding;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseRefusedException;
import dev.qlease.lease.LeasedQueue;
import dev.qlease.lease.Leases;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netdev.QueueId;
import dev.qlease.node.BindingRefusedException.Reason;
import dev.qlease.rtnetlink.Link;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Binds dma-bufs to the queues of leases, in the network namespaces of their guests. Thread-safe. */
final class LeasedQueues implements QueueAccess {
    private static final String DMA_BUF = "/dmabuf:";

    private final Leases leases;

    /** @param leases remains owned by the caller */
    LeasedQueues(Leases leases) {
        this.leases = leases;
    }

    /** A binding that this process has made for a lease. */
    private record OfLease(String lease, DmaBufBinding binding, List<Integer> queues) implements Made {
        @Override
        public Message.Bound reply() {
            return new Message.Bound(binding.id(), binding.ifindex(), queues);
        }

        @Override
        public FileDescriptor socket() {
            return binding.socket();
        }

        @Override
        public void close() {
            binding.close();
        }
    }

    @Override
    public boolean hasLease(long namespace) {
        return leases.hasGuest(namespace);
    }

    @Override
    public Made bind(Message.Bind request, FileDescriptor memory, Peer peer) {
        requireDmaBuf(memory);
        try {
            int ifindex = device(request.device(), peer);
            LeaseInfo lease = lease(ifindex, peer);
            List<Integer> queues = queues(request, lease);
            RxBinding.check(peer.namespace(), ifindex, queues, request.rxPageSize());
            OfLease made = new OfLease(lease.name(), bind(request, memory, peer, ifindex, queues), queues);
            try {
                // A lease that was deleted meanwhile has taken its device with it, and another may have its ifindex.
                if (!lease(ifindex, peer).id().equals(lease.id())) {
                    throw new BindingRefusedException(Reason.NOT_LEASED, "the lease was replaced meanwhile");
                }
                return made;
            } catch (RuntimeException e) {
                made.close();
                throw e;
            }
        } catch (UnsupportedException e) {
            throw new BindingRefusedException(Reason.UNSUPPORTED, message(e), e);
        } catch (LinuxException e) {
            throw new BindingRefusedException(e.is(Errno.EBUSY) ? Reason.IN_USE : Reason.FAILED, message(e), e);
        } catch (LeaseRefusedException e) {
            throw new BindingRefusedException(Reason.NOT_READY, message(e), e);
        } catch (IllegalArgumentException e) {
            throw new BindingRefusedException(Reason.INVALID, message(e), e);
        }
    }

    private static String message(RuntimeException e) {
        return Optional.ofNullable(e.getMessage()).orElseGet(e::toString);
    }

    /**
     * Refuses what is not a dma-buf, by the name that the kernel gives it. Any other call on the file could block for
     * as long as its owner likes; if another file has such a name, the kernel refuses to bind it.
     */
    private static void requireDmaBuf(FileDescriptor memory) {
        String file = KernelFiles.readLink(Path.of("/proc/self/fd", Integer.toString(memory.number())));
        if (!file.startsWith(DMA_BUF)) {
            throw new BindingRefusedException(Reason.INVALID, "the descriptor is not that of a dma-buf");
        }
    }

    private static int device(String device, Peer peer) {
        try (NamespaceSockets sockets = NamespaceSockets.of(peer.namespace())) {
            return sockets.findLink(device)
                    .map(Link::ifindex)
                    .orElseThrow(() -> new BindingRefusedException(
                            Reason.NOT_LEASED,
                            "the network namespace of process " + peer.pid() + " has no device \"" + device + "\""));
        }
    }

    private LeaseInfo lease(int ifindex, Peer peer) {
        List<LeaseInfo> all = leases.ofGuest(peer.cookie());
        if (all.isEmpty()) {
            throw noLease(peer);
        }
        LeaseInfo lease = all.stream()
                .filter(one -> one.guestIfindex() == ifindex)
                .findFirst()
                .orElseThrow(() -> new BindingRefusedException(
                        Reason.NOT_LEASED,
                        "the device has no leased queues; those of this network namespace are "
                                + all.stream().map(LeaseInfo::guest).toList()));
        if (lease.status() != LeaseInfo.Status.READY) {
            throw new BindingRefusedException(
                    Reason.NOT_READY,
                    "the lease of " + lease.guest() + " is " + lease.status().text() + "; qlease lease show "
                            + lease.name() + " on the host says why");
        }
        return lease;
    }

    static BindingRefusedException noLease(Peer peer) {
        return new BindingRefusedException(
                Reason.NO_LEASE, "the network namespace of process " + peer.pid() + " has no lease");
    }

    private static List<Integer> queues(Message.Bind request, LeaseInfo lease) {
        List<Integer> leased = lease.queues().stream().map(LeasedQueue::guest).toList();
        if (!leased.containsAll(request.queues())) {
            throw new BindingRefusedException(
                    Reason.NOT_LEASED, "the leased queues are " + leased + ", not " + request.queues());
        }
        return request.queues().isEmpty() ? leased : request.queues();
    }

    private static DmaBufBinding bind(
            Message.Bind request, FileDescriptor memory, Peer peer, int ifindex, List<Integer> queues) {
        List<QueueId> ids = queues.stream().map(QueueId::rx).toList();
        return DmaBufBinding.rx(peer.namespace(), ifindex, memory, ids, request.rxPageSize());
    }
}
