package dev.qlease.devmem;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.net.NoSuchLinkException;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.rtnetlink.Link;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.OptionalInt;

/**
 * A network device for binding memory and for opening connections: a NIC, or a netkit guest with leased queues.
 * Identified by its ifindex, which renaming does not change.
 *
 * <p>Does not own its namespace, which must stay open while this object is used. Holds no resource that needs closing.
 * Immutable and thread-safe.
 */
public final class Device {
    private final NetworkNamespace namespace;
    private final String name;
    private final int ifindex;

    private Device(NetworkNamespace namespace, String name, int ifindex) {
        this.namespace = namespace;
        this.name = name;
        this.ifindex = ifindex;
    }

    /**
     * Finds a device by its name, an alternative name, or its ifindex in decimal digits.
     *
     * @param namespace the device's; {@link NetworkNamespace#ofCaller()} for the calling thread's
     * @throws NoSuchLinkException if there is no such device
     */
    public static Device named(NetworkNamespace namespace, String name) {
        try (NamespaceSockets sockets = NamespaceSockets.of(namespace)) {
            return of(namespace, sockets.requireLink(name));
        }
    }

    /** Returns the device for a link that was found in {@code namespace}. */
    public static Device of(NetworkNamespace namespace, Link link) {
        return new Device(namespace, link.ifname(), link.ifindex());
    }

    /** Returns the namespace. */
    public NetworkNamespace namespace() {
        return namespace;
    }

    /** Returns the name that the device had when it was found. */
    public String name() {
        return name;
    }

    /** Returns the device's interface index in its namespace. */
    public int ifindex() {
        return ifindex;
    }

    /**
     * Checks, without a dma-buf, whether the kernel would bind one for sending.
     *
     * @throws UnsupportedException if the kernel or the driver does not support it, or a netkit guest has no lease
     * @throws LinuxException if the kernel refuses for another reason
     */
    public void checkTx() {
        BindingProbe.check(file -> DmaBufBinding.tx(namespace, ifindex, file));
    }

    /**
     * Checks, without a dma-buf, whether the kernel would bind one for receiving from these queues.
     *
     * @throws UnsupportedException if the kernel or the driver does not support it
     * @throws LinuxException if the kernel refuses for another reason
     */
    public void checkRx(List<Integer> queues) {
        List<QueueId> ids = queues.stream().map(QueueId::rx).toList();
        BindingProbe.check(file -> DmaBufBinding.rx(namespace, ifindex, file, ids, OptionalInt.empty()));
    }

    /**
     * Binds memory for sending: to this device or, for a netkit guest, to the physical device behind its leased queues.
     * Requires no capability.
     *
     * @param memory a whole number of pages; remains owned by the caller, who must close the binding first
     * @throws IllegalArgumentException if {@code memory} is not a whole number of pages
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel or the driver does not support it, or a netkit guest has no lease
     */
    public TxBinding bindTx(DmaBuf memory) {
        return TxBinding.bind(namespace, ifindex, memory);
    }

    /** As {@link #bindRx(DmaBuf, List, OptionalInt)}, with pieces of one page. */
    public RxBinding bindRx(DmaBuf memory, List<Integer> queues) {
        return RxBinding.bind(namespace, ifindex, memory, queues);
    }

    /**
     * Binds memory for receive queues to fill. Requires CAP_NET_ADMIN in the user namespace that owns the network
     * namespace.
     *
     * @param memory remains owned by the caller
     * @param queues the numbers of the receive queues on this device, at least one
     * @param rxPageSize size in bytes of the pieces to fill, a power of two; empty for a page
     * @throws IllegalArgumentException if the queues or the size are invalid
     * @throws LinuxException EINVAL, EEXIST or EBUSY, with the remedy, if the device is not set up for it
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel or the driver does not support it
     */
    public RxBinding bindRx(DmaBuf memory, List<Integer> queues, OptionalInt rxPageSize) {
        return RxBinding.bind(namespace, ifindex, memory, queues, rxPageSize);
    }

    /** As {@link #connect(TxBinding, InetSocketAddress, ConnectionOptions)}, with the defaults. */
    public DevmemSocket connect(TxBinding binding, InetSocketAddress peer) {
        return connect(binding, peer, ConnectionOptions.defaults());
    }

    /**
     * Opens a connection by this device that sends from {@code binding} and receives.
     *
     * @throws LinuxException ECONNREFUSED, ETIMEDOUT and so on
     */
    public DevmemSocket connect(TxBinding binding, InetSocketAddress peer, ConnectionOptions options) {
        return DevmemSocket.over(Connector.connect(this, peer, options), binding, peer);
    }

    /** As {@link #connect(InetSocketAddress, ConnectionOptions)}, with the defaults. */
    public DevmemSocket connect(InetSocketAddress peer) {
        return connect(peer, ConnectionOptions.defaults());
    }

    /**
     * Opens a connection by this device that only receives.
     *
     * @throws LinuxException ECONNREFUSED, ETIMEDOUT and so on
     */
    public DevmemSocket connect(InetSocketAddress peer, ConnectionOptions options) {
        return DevmemSocket.over(Connector.connect(this, peer, options), null, peer);
    }

    /** As {@link #listen(InetSocketAddress, ConnectionOptions)}, with the defaults. */
    public DevmemServerSocket listen(InetSocketAddress address) {
        return listen(address, ConnectionOptions.defaults());
    }

    /**
     * Listens for connections that arrive by this device.
     *
     * @param address the local address; port 0 for a port that the kernel chooses
     * @throws LinuxException EADDRINUSE, EADDRNOTAVAIL, EACCES and so on
     */
    public DevmemServerSocket listen(InetSocketAddress address, ConnectionOptions options) {
        return DevmemServerSocket.listen(this, address, options);
    }

    /** Returns the name, such as {@code nk0}. */
    @Override
    public String toString() {
        return name;
    }
}
