package dev.qlease.devmem;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.NetlinkException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A dma-buf that receive queues of a device fill: the NIC's own, or those leased to a netkit guest.
 *
 * <p>Owns the binding, with a netlink socket of its own, not the dma-buf. Closing it unbinds: the queues go on in ordinary
 * memory. What was received before stays readable, and sockets have it until they release it. Safe for use by many threads.
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

    /**
     * Binds a dma-buf to receive queues, in pieces of a page. As
     * {@link #bind(NetworkNamespace, int, DmaBuf, List, OptionalInt)}.
     */
    public static RxBinding bind(
            @Nullable NetworkNamespace namespace, int ifindex, DmaBuf dmaBuf, List<Integer> queues) {
        return bind(namespace, ifindex, dmaBuf, queues, OptionalInt.empty());
    }

    /**
     * Binds a dma-buf to receive queues. Takes CAP_NET_ADMIN in the user namespace of the network namespace. The flows that
     * are to land in it must be steered to these queues, others away from them; a lease does both.
     *
     * @param namespace the device's; null for the calling thread's
     * @param ifindex the NIC, or a netkit guest that has leased queues
     * @param queues their numbers on that device, at least one
     * @param rxPageSize bytes of the pieces it is filled in, a power of two; empty for a page. Larger ones take a driver
     *     that has them and a dma-buf in such pieces, as udmabuf makes of huge pages
     * @throws IllegalArgumentException if the queues or the size make no sense
     * @throws LinuxException EINVAL or EEXIST, with the way out, if the device is not set up for it
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel or the driver cannot
     */
    public static RxBinding bind(
            @Nullable NetworkNamespace namespace,
            int ifindex,
            DmaBuf dmaBuf,
            List<Integer> queues,
            OptionalInt rxPageSize) {
        check(namespace, ifindex, queues, rxPageSize);
        RxChecks.checkSize(dmaBuf, rxPageSize);
        List<QueueId> ids = queues.stream().map(QueueId::rx).toList();
        return new RxBinding(
                dmaBuf, DmaBufBinding.rx(namespace, ifindex, dmaBuf.descriptor(), ids, rxPageSize), queues);
    }

    /**
     * Looks at what can be known before there is a dma-buf: whether the device splits headers off, has no XDP program, has
     * these queues and can do with pieces of this size. Of a netkit guest only the queues can be looked at.
     *
     * @throws IllegalArgumentException if the queues or the size make no sense
     * @throws LinuxException EINVAL, EEXIST or ENODEV, with the way out
     * @throws UnsupportedException if the kernel cannot
     */
    public static void check(
            @Nullable NetworkNamespace namespace, int ifindex, List<Integer> queues, OptionalInt rxPageSize) {
        new RxChecks(namespace, ifindex).check(queues, rxPageSize);
    }

    /** The binding's id, which fragments have. */
    public int id() {
        return binding.id();
    }

    /** The device that it was bound to. */
    public int ifindex() {
        return binding.ifindex();
    }

    /** The queues that fill it, by their numbers on that device. */
    public List<Integer> queues() {
        return queues;
    }

    /** The dma-buf, which goes on belonging to whoever made it. */
    public DmaBuf dmaBuf() {
        return dmaBuf;
    }

    /**
     * Copies all that a receive brought to {@code target}, in the order of the stream: for who wants it in ordinary memory
     * after all.
     *
     * @param target at least as large as {@link Received#bytes()}
     * @throws IllegalArgumentException if a fragment is of another binding
     * @throws IndexOutOfBoundsException if it does not fit
     */
    public void read(Received received, MemorySegment target) {
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

    /** Unbinds. Does nothing again. */
    @Override
    public void close() {
        binding.close();
    }

    @Override
    public String toString() {
        return binding + " queues " + queues + ", " + dmaBuf;
    }
}
