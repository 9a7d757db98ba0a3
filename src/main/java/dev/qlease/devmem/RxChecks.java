package dev.qlease.devmem;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.Memory;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.NetdevFeature;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueType;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkXdp;
import dev.qlease.rtnetlink.Rtnetlink;
import dev.qlease.rtnetlink.XdpAttached;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Checks what bind-rx requires of a device before the kernel does, since the kernel names what is wrong, but not the
 * remedy.
 */
final class RxChecks {
    private final NetworkNamespace namespace;
    private final int ifindex;

    RxChecks(NetworkNamespace namespace, int ifindex) {
        this.namespace = namespace;
        this.ifindex = ifindex;
    }

    void check(List<Integer> queues, OptionalInt rxPageSize) {
        if (queues.isEmpty() || new HashSet<>(queues).size() != queues.size()) {
            throw new IllegalArgumentException("a dma-buf is bound to one or more distinct queues, not " + queues);
        }
        if (rxPageSize.isPresent()) {
            int size = rxPageSize.getAsInt();
            if (Integer.bitCount(size) != 1 || size < Memory.pageSize()) {
                throw new IllegalArgumentException(
                        "rx-page-size must be a power of two of at least " + Memory.pageSize() + ", not " + size);
            }
        }
        Link link = link();
        checkQueues(link, queues, rxPageSize);
        if (link.netkit().isEmpty()) {
            checkXdp(link);
            checkRings(link);
        }
    }

    private Link link() {
        try (Rtnetlink rtnetlink = Rtnetlink.open(namespace)) {
            return rtnetlink.links().get(ifindex);
        }
    }

    private void checkQueues(Link link, List<Integer> queues, OptionalInt rxPageSize) {
        try (Netdev netdev = Netdev.open(namespace)) {
            if (rxPageSize.isPresent()
                    && rxPageSize.getAsInt() != Memory.pageSize()
                    && !netdev.has(NetdevFeature.RX_PAGE_SIZE)) {
                throw new UnsupportedException(failure(
                        link,
                        Errno.EOPNOTSUPP,
                        "this kernel receives only in pieces of " + Memory.pageSize()
                                + " bytes: leave rx-page-size out"));
            }
            List<Queue> present = netdev.queues(ifindex).stream()
                    .filter(queue -> queue.type().equals(QueueType.RX))
                    .toList();
            for (int queue : queues) {
                check(link, queue, present);
            }
        }
    }

    private static void check(Link link, int queue, List<Queue> present) {
        Optional<Queue> found =
                present.stream().filter(one -> one.id() == queue).findFirst();
        if (found.isEmpty()) {
            throw failure(
                    link,
                    Errno.EINVAL,
                    present.isEmpty()
                            ? "it is down and has no queues: ip link set " + link.ifname() + " up"
                            : "it has no receive queue " + queue + ", only "
                                    + present.stream().map(Queue::id).toList());
        }
        if (found.get().dmabuf().isPresent()) {
            throw failure(
                    link,
                    Errno.EBUSY,
                    "queue " + queue + " already receives into a dma-buf, by binding "
                            + found.get().dmabuf().getAsInt());
        }
        if (link.netkit().isEmpty() && found.get().lease().isPresent()) {
            throw failure(
                    link,
                    Errno.EBUSY,
                    "queue " + queue + " is leased: bind to queue "
                            + found.get().lease().get().queue().id() + " of its guest");
        }
    }

    private static void checkXdp(Link link) {
        Optional<XdpAttached> attached = link.xdp().flatMap(LinkXdp::attached);
        if (attached.filter(where -> !where.equals(XdpAttached.NONE)).isPresent()) {
            throw failure(
                    link,
                    Errno.EEXIST,
                    "it has an XDP program, which cannot read device memory: ip link set " + link.ifname()
                            + " xdp off");
        }
    }

    private void checkRings(Link link) {
        Rings rings;
        try (Ethtool ethtool = Ethtool.open(namespace)) {
            rings = ethtool.rings(ifindex);
        } catch (UnsupportedException e) {
            // The driver does not report its rings: the kernel will decide.
            return;
        }
        Optional<TcpDataSplit> split = rings.tcpDataSplit();
        if (split.isPresent() && !split.get().equals(TcpDataSplit.ENABLED)) {
            throw failure(
                    link,
                    Errno.EINVAL,
                    "it does not split headers from payload: ethtool -G " + link.ifname() + " tcp-data-split on");
        }
        if (rings.hdsThresh().orElse(0) != 0) {
            throw failure(
                    link,
                    Errno.EINVAL,
                    "it leaves payload of fewer than " + rings.hdsThresh().getAsLong()
                            + " bytes with the headers: ethtool -G " + link.ifname() + " hds-thresh 0");
        }
    }

    /** Checks that the size of the dma-buf is a multiple of the pieces. */
    static void checkSize(DmaBuf dmaBuf, OptionalInt rxPageSize) {
        long piece = rxPageSize.isPresent() ? rxPageSize.getAsInt() : Memory.pageSize();
        if (dmaBuf.size() % piece != 0) {
            throw new IllegalArgumentException("the size of a dma-buf to receive into must be a multiple of " + piece
                    + " bytes, not " + dmaBuf.size() + " bytes");
        }
    }

    private static LinuxException failure(Link link, Errno errno, String detail) {
        return new LinuxException("bind receive queues of " + link.ifname(), errno.number(), detail);
    }
}
