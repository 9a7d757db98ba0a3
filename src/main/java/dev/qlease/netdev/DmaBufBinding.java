package dev.qlease.netdev;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.NetdevAttributes.DmaBufAttributes;
import dev.qlease.netlink.GenericNetlink;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A dma-buf bound to a device. The kernel ties a binding to the netlink socket that made it, so each has a socket of its
 * own: closing this unbinds, and so does the end of the process. The descriptor that was bound is not needed any longer;
 * the kernel holds the dma-buf.
 *
 * <p>A namespace that is null is the calling thread's. Safe for use by many threads.
 */
public final class DmaBufBinding implements AutoCloseable {
    private final GenericNetlink netlink;
    private final int ifindex;
    private final int id;

    private DmaBufBinding(GenericNetlink netlink, int ifindex, int id) {
        this.netlink = netlink;
        this.ifindex = ifindex;
        this.id = id;
    }

    /**
     * Binds a dma-buf for receiving into. Takes CAP_NET_ADMIN in the user namespace of the network namespace, tcp-data-split
     * on, hds-thresh 0 and no XDP program on the physical device.
     *
     * @param ifindex the device, or a netkit guest that has leased queues
     * @param queues the receive queues that are to fill it
     * @param rxPageSize bytes of the pieces it is filled in, a power of two of at least a page; empty for a page
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel or the driver cannot
     */
    public static DmaBufBinding rx(
            @Nullable NetworkNamespace namespace,
            int ifindex,
            FileDescriptor dmaBuf,
            List<QueueId> queues,
            OptionalInt rxPageSize) {
        return bind(namespace, NetdevOperations.BIND_RX, ifindex, dmaBuf, request -> {
            for (QueueId queue : queues) {
                request.begin(DmaBufAttributes.QUEUES);
                queue.put(request);
                request.end();
            }
            rxPageSize.ifPresent(size -> request.put(DmaBufAttributes.RX_PAGE_SIZE, size));
        });
    }

    /**
     * Binds a dma-buf for sending from. Takes no capability.
     *
     * @param ifindex the device, or a netkit guest, whose leased queues lead to the physical one
     * @throws NetlinkException if the kernel refuses: EINVAL if the dma-buf's size is no multiple of the page size
     * @throws UnsupportedException if the kernel or the driver cannot, or a netkit guest has no lease
     */
    public static DmaBufBinding tx(@Nullable NetworkNamespace namespace, int ifindex, FileDescriptor dmaBuf) {
        return bind(namespace, NetdevOperations.BIND_TX, ifindex, dmaBuf, _ -> {});
    }

    private static DmaBufBinding bind(
            @Nullable NetworkNamespace namespace,
            Operation operation,
            int ifindex,
            FileDescriptor dmaBuf,
            Consumer<Request> more) {
        GenericNetlink netlink = namespace == null ? GenericNetlink.open() : GenericNetlink.open(namespace);
        int fd = dmaBuf.use();
        try {
            Request request = netlink.family(Netdev.FAMILY)
                    .request(netlink.socket(), operation)
                    .put(DmaBufAttributes.IFINDEX, ifindex)
                    .put(DmaBufAttributes.FD, fd);
            more.accept(request);
            int id = request.get(message -> message.attributes(operation.reply(), operation.headerSize())
                    .get(DmaBufAttributes.ID));
            return new DmaBufBinding(netlink, ifindex, id);
        } catch (RuntimeException e) {
            netlink.close();
            throw e;
        } finally {
            dmaBuf.release();
        }
    }

    /** The device that it was bound to. */
    public int ifindex() {
        return ifindex;
    }

    /** The binding's id: what a sender puts into SCM_DEVMEM_DMABUF, and what queues and page pools report. */
    public int id() {
        return id;
    }

    /** Unbinds, by closing the socket that holds the binding. */
    @Override
    public void close() {
        netlink.close();
    }

    @Override
    public String toString() {
        return "dma-buf binding " + id + " on ifindex " + ifindex;
    }
}
