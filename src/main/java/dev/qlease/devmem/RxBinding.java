package dev.qlease.devmem;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.NetlinkException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalInt;

/**
 * A dma-buf that receive queues of a device fill: queues of a NIC, or queues leased to a netkit guest.
 *
 * <p>Owns the binding, which has a netlink socket of its own, but not the dma-buf. Closing unbinds: the queues then
 * receive into ordinary memory. Data received before stays readable, and remains held by its sockets until they release
 * it. Thread-safe.
 */
public final class RxBinding implements AutoCloseable {
    private final DmaBuf dmaBuf;
    private final DmaBufBinding binding;
    private final List<Integer> queues;

    private RxBinding(DmaBuf dmaBuf, DmaBufBinding binding, List<Integer> queues) {
        this.dmaBuf = dmaBuf;
        this.binding = binding;
        this.queues = List.copyOf(queues);
    }

    /** As {@link #bind(NetworkNamespace, int, DmaBuf, List, OptionalInt)}, with pieces of one page. */
    public static RxBinding bind(NetworkNamespace namespace, int ifindex, DmaBuf dmaBuf, List<Integer> queues) {
        return bind(namespace, ifindex, dmaBuf, queues, OptionalInt.empty());
    }

    /**
     * Binds a dma-buf to receive queues. Requires CAP_NET_ADMIN in the user namespace that owns the network namespace.
     * The flows to receive must be steered to these queues, and all others away from them; a lease does both.
     *
     * @param namespace the network namespace of the device
     * @param ifindex the NIC, or a netkit guest that has leased queues
     * @param dmaBuf remains owned by the caller
     * @param queues the numbers of the receive queues on that device, at least one
     * @param rxPageSize size in bytes of the pieces to fill, a power of two; empty for a page. Larger pieces require a
     *     driver that supports them and a dma-buf that is contiguous in pieces of this size, such as a udmabuf of huge
     *     pages
     * @throws IllegalArgumentException if the queues or the size are invalid
     * @throws LinuxException EINVAL, EEXIST or EBUSY, with the remedy, if the device is not set up for it
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel or the driver does not support it
     */
    public static RxBinding bind(
            NetworkNamespace namespace, int ifindex, DmaBuf dmaBuf, List<Integer> queues, OptionalInt rxPageSize) {
        check(namespace, ifindex, queues, rxPageSize);
        RxChecks.checkSize(dmaBuf, rxPageSize);
        List<QueueId> ids = queues.stream().map(QueueId::rx).toList();
        return new RxBinding(
                dmaBuf, DmaBufBinding.rx(namespace, ifindex, dmaBuf.descriptor(), ids, rxPageSize), queues);
    }

    /**
     * Returns a binding that another process has made and handed to this one, which needs no capability for that.
     *
     * @param dmaBuf the dma-buf that was bound; remains owned by the caller
     * @param socket the netlink socket that holds the binding, owned by the new object from now on
     * @param ifindex the device, as the other process reports it
     * @param id the id of the binding, likewise
     * @param queues the queues that were bound, likewise
     */
    public static RxBinding handedOver(
            DmaBuf dmaBuf, FileDescriptor socket, int ifindex, int id, List<Integer> queues) {
        return new RxBinding(dmaBuf, DmaBufBinding.handedOver(socket, ifindex, id), queues);
    }

    /**
     * Checks everything that can be known before a dma-buf exists: whether the device splits headers from payload, has
     * no XDP program, has these queues and supports pieces of this size. For a netkit guest only the queues can be
     * checked.
     *
     * @throws IllegalArgumentException if the queues or the size are invalid
     * @throws LinuxException EINVAL, EEXIST, EBUSY or ENODEV, with the remedy
     * @throws UnsupportedException if the kernel does not support it
     */
    public static void check(NetworkNamespace namespace, int ifindex, List<Integer> queues, OptionalInt rxPageSize) {
        new RxChecks(namespace, ifindex).check(queues, rxPageSize);
    }

    /** Returns the binding's id, which fragments refer to. */
    public int id() {
        return binding.id();
    }

    /** Returns the interface index of the device. */
    public int ifindex() {
        return binding.ifindex();
    }

    /** Returns the numbers of the receive queues on that device that fill the dma-buf. */
    public List<Integer> queues() {
        return queues;
    }

    /** Returns the dma-buf, which this object does not own. */
    public DmaBuf dmaBuf() {
        return dmaBuf;
    }

    /**
     * Copies all fragments of a batch to {@code target}, in the order of the stream.
     *
     * @param target at least as large as {@link ReceiveBatch#bytes()}
     * @throws IllegalArgumentException if a fragment belongs to another binding
     * @throws IndexOutOfBoundsException if {@code target} is too small
     */
    public void read(ReceiveBatch received, MemorySegment target) {
        long at = 0;
        for (int i = 0; i < received.count(); ) {
            int run = received.run(i, id());
            if (run > 0) {
                MemorySegment rest = target.asSlice(at);
                dmaBuf.memory().read(received.offsets(), received.lengths(), i, run, rest);
            } else if (received.isDevice(i)) {
                throw new IllegalArgumentException(
                        "fragment " + i + " is in the dma-buf of binding " + received.binding(i) + ", not of " + id());
            } else {
                run = 1;
                MemorySegment.copy(received.linear(i), 0, target, at, received.length(i));
            }
            for (int end = i + run; i < end; i++) {
                at += received.length(i);
            }
        }
    }

    /** Unbinds. Idempotent. */
    @Override
    public void close() {
        binding.close();
    }

    @Override
    public String toString() {
        return binding + " queues " + queues + ", " + dmaBuf;
    }
}
