package dev.qlease.devmem;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.Memory;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netlink.NetlinkException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A dma-buf bound to a device for sending, and the guard of its bytes: what is in flight can't be written.
 *
 * <p>Owns the binding, not the dma-buf. Closing it waits, for a bounded time, until all sends of its sockets have completed,
 * then unbinds. Safe for use by many threads.
 */
public final class TxBinding implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TxBinding.class);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final DmaBuf dmaBuf;
    private final DmaBufBinding binding;
    private final Set<Sender> senders = ConcurrentHashMap.newKeySet();

    private TxBinding(DmaBuf dmaBuf, DmaBufBinding binding) {
        this.dmaBuf = dmaBuf;
        this.binding = binding;
    }

    /**
     * Binds a dma-buf to a device, or to the physical device behind a netkit guest's leased queues. Takes no capability.
     *
     * @param namespace the device's; null for the calling thread's
     * @throws IllegalArgumentException if the dma-buf's size is no multiple of the page size, which the kernel wants
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel or the driver cannot, or a netkit guest has no lease
     */
    public static TxBinding bind(@Nullable NetworkNamespace namespace, int ifindex, DmaBuf dmaBuf) {
        if (dmaBuf.size() % Memory.pageSize() != 0) {
            throw new IllegalArgumentException("a dma-buf to send from is whole pages of " + Memory.pageSize()
                    + " bytes, not " + dmaBuf.size() + " bytes");
        }
        return new TxBinding(dmaBuf, DmaBufBinding.tx(namespace, ifindex, dmaBuf.descriptor()));
    }

    /** The binding's id, as SCM_DEVMEM_DMABUF has it. */
    public int id() {
        return binding.id();
    }

    /** The dma-buf, which goes on belonging to whoever made it. */
    public DmaBuf dmaBuf() {
        return dmaBuf;
    }

    /**
     * Copies {@code source} to {@code offset} of the dma-buf.
     *
     * @throws IllegalStateException if any of these bytes is in flight: wait for its completion
     * @throws IndexOutOfBoundsException if it does not fit
     */
    public void write(long offset, MemorySegment source) {
        for (Sender sender : senders) {
            if (sender.holds(this, offset, source.byteSize())) {
                throw new IllegalStateException("bytes " + offset + " to " + (offset + source.byteSize())
                        + " of the dma-buf are in flight: wait for their completion");
            }
        }
        dmaBuf.memory().write(offset, source);
    }

    void add(Sender sender) {
        senders.add(sender);
    }

    void remove(Sender sender) {
        senders.remove(sender);
    }

    /** Unbinds once nothing is in flight, or after 5 seconds; what was in flight then is logged as a warning. */
    @Override
    public void close() {
        long left = close(CLOSE_PATIENCE);
        if (left > 0) {
            LOG.warn("{} was closed with {} sends in flight", binding, left);
        }
    }

    /**
     * Unbinds once nothing is in flight, or when {@code patience} is over.
     *
     * @return how many sends were still in flight
     */
    public long close(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        long left = 0;
        for (Sender sender : senders) {
            left += sender.awaitedOutstanding(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        }
        binding.close();
        return left;
    }

    @Override
    public String toString() {
        return binding + ", " + dmaBuf;
    }
}
