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

/**
 * A dma-buf bound to a device. The kernel ties a binding to the netlink socket that made it, so each binding has a
 * socket of its own: closing this object unbinds, and so does the end of the process. The descriptor of the dma-buf is
 * no longer needed after binding, since the kernel holds the dma-buf.
 *
 * <p>Thread-safe.
 */
public final class DmaBufBinding implements AutoCloseable {
    private final FileDescriptor socket;
    private final Runnable unbind;
    private final int ifindex;
    private final int id;

    private DmaBufBinding(FileDescriptor socket, Runnable unbind, int ifindex, int id) {
        this.socket = socket;
        this.unbind = unbind;
        this.ifindex = ifindex;
        this.id = id;
    }

    /**
     * Returns a binding that another process has made and handed to this one.
     *
     * @param socket the {@linkplain #socket() socket} that holds the binding, owned by the new object from now on; the
     *     process that made it must close its own descriptor
     * @param ifindex the device, as the process that bound it reports it
     * @param id the id of the binding, likewise
     */
    public static DmaBufBinding handedOver(FileDescriptor socket, int ifindex, int id) {
        return new DmaBufBinding(socket, socket::close, ifindex, id);
    }

    /**
     * Binds a dma-buf for receiving. Requires CAP_NET_ADMIN in the user namespace that owns the network namespace and,
     * on the physical device, tcp-data-split on, hds-thresh 0 and no XDP program.
     *
     * @param ifindex the device, or a netkit guest that has leased queues
     * @param queues the receive queues that fill the dma-buf
     * @param rxPageSize size in bytes of the pieces to fill, a power of two of at least a page; empty for a page
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel or the driver does not support it
     */
    public static DmaBufBinding rx(
            NetworkNamespace namespace,
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
     * Binds a dma-buf for sending. Requires no capability.
     *
     * @param ifindex the device, or a netkit guest, whose leased queues determine the physical device
     * @throws NetlinkException if the kernel refuses: EINVAL if the dma-buf's size is not a multiple of the page size
     * @throws UnsupportedException if the kernel or the driver does not support it, or a netkit guest has no lease
     */
    public static DmaBufBinding tx(NetworkNamespace namespace, int ifindex, FileDescriptor dmaBuf) {
        return bind(namespace, NetdevOperations.BIND_TX, ifindex, dmaBuf, _ -> {});
    }

    private static DmaBufBinding bind(
            NetworkNamespace namespace,
            Operation operation,
            int ifindex,
            FileDescriptor dmaBuf,
            Consumer<Request> more) {
        // Comes first, since it fails if the dma-buf is closed.
        int fd = dmaBuf.use();
        try {
            GenericNetlink netlink = GenericNetlink.open(namespace);
            return bind(netlink, operation, ifindex, fd, more);
        } finally {
            dmaBuf.release();
        }
    }

    private static DmaBufBinding bind(
            GenericNetlink netlink, Operation operation, int ifindex, int fd, Consumer<Request> more) {
        try {
            Request request = netlink.family(Netdev.FAMILY)
                    .request(netlink.socket(), operation)
                    .put(DmaBufAttributes.IFINDEX, ifindex)
                    .put(DmaBufAttributes.FD, fd);
            more.accept(request);
            int id = request.get(message -> message.attributes(operation.reply(), operation.headerSize())
                    .get(DmaBufAttributes.ID));
            return new DmaBufBinding(netlink.socket().descriptor(), netlink::close, ifindex, id);
        } catch (RuntimeException e) {
            netlink.close();
            throw e;
        }
    }

    /**
     * Returns the netlink socket that holds the binding, for handing it to another process over a unix socket. The
     * binding lasts as long as any process has this socket open. Whoever has it cannot change anything by it without
     * privileges of its own, since the kernel checks both the process that opened the socket and the one that sends.
     * Remains owned by this object; do not close it.
     */
    public FileDescriptor socket() {
        return socket;
    }

    /** Returns the device to which the dma-buf was bound. */
    public int ifindex() {
        return ifindex;
    }

    /** Returns the binding's id, which senders pass in SCM_DEVMEM_DMABUF and which queues and page pools report. */
    public int id() {
        return id;
    }

    /** Unbinds, by closing the socket that holds the binding. Idempotent. */
    @Override
    public void close() {
        unbind.run();
    }

    @Override
    public String toString() {
        return "dma-buf binding " + id + " on ifindex " + ifindex;
    }
}
