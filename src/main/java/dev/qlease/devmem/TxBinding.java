package dev.qlease.devmem;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.Log;
import dev.qlease.linux.sys.Memory;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netlink.NetlinkException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A dma-buf bound to a device for sending. Protects bytes in flight: {@link #write} refuses to change them.
 *
 * <p>Owns the binding, but not the dma-buf. Closing waits, for a limited time, until all sends from this binding have
 * completed, and then unbinds the dma-buf. Thread-safe.
 */
public final class TxBinding implements AutoCloseable {
    private static final Log LOG = Log.of(TxBinding.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final DmaBuf dmaBuf;
    private final int id;
    private final long base;
    private final String text;
    private final Runnable unbind;
    private final Set<ZeroCopySender> senders = ConcurrentHashMap.newKeySet();

    private TxBinding(DmaBuf dmaBuf, int id, long base, String text, Runnable unbind) {
        this.dmaBuf = dmaBuf;
        this.id = id;
        this.base = base;
        this.text = text;
        this.unbind = unbind;
    }

    /**
     * Binds a dma-buf to a device or, if the device is a netkit guest, to the physical device behind its leased queues.
     * Requires no capability.
     *
     * @param namespace the network namespace of the device
     * @param ifindex the interface index of the device
     * @param dmaBuf the dma-buf; remains owned by the caller, who must close the binding first
     * @throws IllegalArgumentException if the size of the dma-buf is not a multiple of the page size, as the kernel
     *     requires
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel or the driver does not support sending from a dma-buf, or the device
     *     is a netkit guest without a lease
     */
    public static TxBinding bind(NetworkNamespace namespace, int ifindex, DmaBuf dmaBuf) {
        if (dmaBuf.size() % Memory.pageSize() != 0) {
            throw new IllegalArgumentException("the size of a dma-buf to send from must be a multiple of "
                    + Memory.pageSize() + " bytes, not " + dmaBuf.size() + " bytes");
        }
        DmaBufBinding binding = DmaBufBinding.tx(namespace, ifindex, dmaBuf.descriptor());
        return new TxBinding(dmaBuf, binding.id(), 0, binding.toString(), binding::close);
    }

    /**
     * Returns a binding to no device, for machines without a capable device: the kernel then sends from the mapping of
     * {@code memory} with MSG_ZEROCOPY.
     *
     * @param address the address at which {@code memory} is mapped
     */
    static TxBinding unbound(DmaBuf memory, long address) {
        return new TxBinding(memory, 0, address, "memory bound to no device", () -> {});
    }

    /** Returns the id of the binding, which each send passes in SCM_DEVMEM_DMABUF. */
    public int id() {
        return id;
    }

    /** Returns what to add to an offset in the dma-buf to get the address that a send passes to the kernel. */
    long base() {
        return base;
    }

    /** Returns whether the dma-buf is bound to a device, so that sends pass the id of the binding. */
    boolean isDevice() {
        return id != 0;
    }

    /** Returns the dma-buf, which this object does not own. */
    public DmaBuf dmaBuf() {
        return dmaBuf;
    }

    /**
     * Checks that a range has at least one byte and is within the dma-buf.
     *
     * @throws IndexOutOfBoundsException otherwise
     */
    void checkRange(long offset, long length) {
        if (length <= 0 || offset < 0 || offset > dmaBuf.size() - length) {
            throw new IndexOutOfBoundsException(
                    "the dma-buf has " + dmaBuf.size() + " bytes, not " + length + " from " + offset);
        }
    }

    /**
     * Copies {@code source} into the dma-buf at {@code offset}.
     *
     * @throws IllegalStateException if any of the bytes to be overwritten is in flight; wait for completion first
     * @throws IndexOutOfBoundsException if {@code source} does not fit
     */
    public void write(long offset, MemorySegment source) {
        Objects.checkFromIndexSize(offset, source.byteSize(), dmaBuf.size());
        for (ZeroCopySender sender : senders) {
            if (sender.holds(this, offset, source.byteSize())) {
                throw new IllegalStateException("bytes " + offset + " to " + (offset + source.byteSize())
                        + " of the dma-buf are in flight: wait for their completion");
            }
        }
        dmaBuf.memory().write(offset, source);
    }

    void add(ZeroCopySender sender) {
        senders.add(sender);
    }

    void remove(ZeroCopySender sender) {
        senders.remove(sender);
    }

    /**
     * Waits at most 5 seconds until no sends are in flight, and unbinds the dma-buf. Logs a warning if sends are still
     * in flight then. Idempotent.
     */
    @Override
    public void close() {
        long left = close(CLOSE_TIMEOUT);
        if (left > 0) {
            LOG.warn(this + " was closed with " + left + " sends in flight");
        }
    }

    /**
     * Waits at most {@code timeout} until no sends are in flight, and unbinds the dma-buf. An interrupt does not end
     * the wait; the thread's interrupt status remains set. Idempotent.
     *
     * @return the number of sends that are still in flight
     */
    public long close(Duration timeout) {
        long deadline = Events.deadlineAfter(timeout);
        long left = 0;
        try {
            for (ZeroCopySender sender : senders) {
                left += sender.await(deadline);
            }
        } finally {
            unbind.run();
        }
        return left;
    }

    @Override
    public String toString() {
        return text + ", " + dmaBuf;
    }
}
