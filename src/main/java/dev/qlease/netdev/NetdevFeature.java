package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.DmaBufAttributes;
import dev.qlease.netdev.NetdevAttributes.QueueAttributes;
import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.Operation;

/** A feature of the kernel's netdev family, detected by asking the kernel and not by its version. */
public enum NetdevFeature {
    /** Listing queues. */
    QUEUE_GET(NetdevOperations.QUEUE_GET),
    /** Listing NAPI instances. */
    NAPI_GET(NetdevOperations.NAPI_GET),
    /** Changing NAPI instances. */
    NAPI_SET(NetdevOperations.NAPI_SET),
    /** Listing page pools. */
    PAGE_POOL_GET(NetdevOperations.PAGE_POOL_GET),
    /** Statistics of page pools. */
    PAGE_POOL_STATS_GET(NetdevOperations.PAGE_POOL_STATS_GET),
    /** Statistics of devices and queues. */
    QSTATS_GET(NetdevOperations.QSTATS_GET),
    /** Receiving into a dma-buf. */
    BIND_RX(NetdevOperations.BIND_RX),
    /** Receiving into a dma-buf in pieces larger than a page. */
    RX_PAGE_SIZE(NetdevOperations.BIND_RX, DmaBufAttributes.RX_PAGE_SIZE),
    /** Sending from a dma-buf. */
    BIND_TX(NetdevOperations.BIND_TX),
    /** Leasing a queue to a virtual device. */
    QUEUE_LEASE(NetdevOperations.QUEUE_CREATE, QueueAttributes.LEASE);

    private final Operation operation;
    private final Attribute[] path;

    NetdevFeature(Operation operation, Attribute... path) {
        this.operation = operation;
        this.path = path;
    }

    Operation operation() {
        return operation;
    }

    Attribute[] path() {
        return path;
    }

    /** Returns the kernel's name: the operation, and its attribute if the feature is an attribute. */
    @Override
    public String toString() {
        return path.length == 0 ? operation.name() : operation.name() + " " + path[path.length - 1].name();
    }
}
