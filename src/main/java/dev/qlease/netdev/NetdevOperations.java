package dev.qlease.netdev;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netdev.NetdevAttributes.DevAttributes;
import dev.qlease.netdev.NetdevAttributes.DmaBufAttributes;
import dev.qlease.netdev.NetdevAttributes.NapiAttributes;
import dev.qlease.netdev.NetdevAttributes.PagePoolAttributes;
import dev.qlease.netdev.NetdevAttributes.PagePoolStatsAttributes;
import dev.qlease.netdev.NetdevAttributes.QueueAttributes;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Operation;

/** The family's operations. */
final class NetdevOperations {
    static final Operation DEV_GET = operation(Uapi.NETDEV_CMD_DEV_GET(), "dev-get", DevAttributes.SET);
    static final Operation PAGE_POOL_GET =
            operation(Uapi.NETDEV_CMD_PAGE_POOL_GET(), "page-pool-get", PagePoolAttributes.SET);
    static final Operation PAGE_POOL_STATS_GET =
            operation(Uapi.NETDEV_CMD_PAGE_POOL_STATS_GET(), "page-pool-stats-get", PagePoolStatsAttributes.SET);
    static final Operation QUEUE_GET = operation(Uapi.NETDEV_CMD_QUEUE_GET(), "queue-get", QueueAttributes.SET);
    static final Operation NAPI_GET = operation(Uapi.NETDEV_CMD_NAPI_GET(), "napi-get", NapiAttributes.SET);
    static final Operation QSTATS_GET = operation(Uapi.NETDEV_CMD_QSTATS_GET(), "qstats-get", QStatsAttributes.SET);
    static final Operation BIND_RX = operation(Uapi.NETDEV_CMD_BIND_RX(), "bind-rx", DmaBufAttributes.SET);
    static final Operation NAPI_SET = operation(Uapi.NETDEV_CMD_NAPI_SET(), "napi-set", NapiAttributes.SET);
    static final Operation BIND_TX = operation(Uapi.NETDEV_CMD_BIND_TX(), "bind-tx", DmaBufAttributes.SET);
    static final Operation QUEUE_CREATE =
            operation(Uapi.NETDEV_CMD_QUEUE_CREATE(), "queue-create", QueueAttributes.SET);

    private NetdevOperations() {}

    private static Operation operation(int command, String name, AttributeSet set) {
        return Operation.generic(command, name, set, set);
    }
}
