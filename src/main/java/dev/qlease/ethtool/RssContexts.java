package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.RssSet;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ethtool_rxfh;
import dev.qlease.netlink.Operation;
import dev.qlease.netlink.Request;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/**
 * Reads and changes the RSS contexts of devices: by netlink, or by ioctl if the kernel's family can only read them, as
 * before Linux 6.17.
 */
final class RssContexts {
    private static final Operation GET = operation(Uapi.ETHTOOL_MSG_RSS_GET(), "rss-get");
    private static final Operation SET = operation(Uapi.ETHTOOL_MSG_RSS_SET(), "rss-set");
    private static final Operation CREATE = operation(Uapi.ETHTOOL_MSG_RSS_CREATE_ACT(), "rss-create-act");
    private static final Operation DELETE = operation(Uapi.ETHTOOL_MSG_RSS_DELETE_ACT(), "rss-delete-act");

    private final DeviceRequests requests;
    private final Ioctls ioctls;
    private final boolean byNetlink;

    RssContexts(DeviceRequests requests, Ioctls ioctls) {
        this(requests, ioctls, hasNetlink(requests));
    }

    /** For tests, which choose the interface themselves. */
    RssContexts(DeviceRequests requests, Ioctls ioctls, boolean byNetlink) {
        this.requests = requests;
        this.ioctls = ioctls;
        this.byNetlink = byNetlink;
    }

    /** Returns whether this kernel's family can change contexts, and not only read them. */
    static boolean hasNetlink(DeviceRequests requests) {
        return requests.has(SET) && requests.has(CREATE) && requests.has(DELETE);
    }

    private static Operation operation(int command, String name) {
        return DeviceRequests.operation(command, name, RssSet.SET);
    }

    private Request begin(Operation operation, int ifindex, int context) {
        Request request = requests.begin(operation, RssSet.HEADER, ifindex);
        if (context != 0) {
            request.about("device " + ifindex + " context " + context).put(RssSet.CONTEXT, context);
        }
        return request;
    }

    Rss get(int ifindex, int context) {
        return begin(GET, ifindex, context).get(DeviceRequests.reply(GET, Rss::of));
    }

    List<Rss> all(int ifindex) {
        return requests.begin(GET, RssSet.HEADER, ifindex).dump(DeviceRequests.reply(GET, Rss::of));
    }

    Rss set(int ifindex, int context, RssChange change) {
        Rss before = get(ifindex, context);
        if (change.isEmpty()) {
            return before;
        }
        if (byNetlink) {
            change.write(begin(SET, ifindex, context)).execute();
        } else {
            byIoctl(ifindex, context, change, before.indir().size(), "set RSS context " + context);
        }
        return before;
    }

    Rss create(int ifindex, RssChange change) {
        if (change.indir().filter(List::isEmpty).isPresent()) {
            throw new IllegalArgumentException("a new RSS context has no default table to go back to");
        }
        int context = byNetlink
                ? change.write(begin(CREATE, ifindex, 0))
                        .get(DeviceRequests.reply(CREATE, Rss::of))
                        .context()
                : byIoctl(
                        ifindex,
                        Uapi.ETH_RXFH_CONTEXT_ALLOC(),
                        change,
                        get(ifindex, 0).indir().size(),
                        "create an RSS context");
        return created(ifindex, context);
    }

    /** Returns the new context with its hashed fields, which the reply to its creation omits. */
    private Rss created(int ifindex, int context) {
        try {
            return get(ifindex, context);
        } catch (RuntimeException e) {
            try {
                remove(ifindex, context);
            } catch (RuntimeException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    Rss delete(int ifindex, int context) {
        if (context == 0) {
            throw new IllegalArgumentException("the main RSS context, 0, can't be deleted");
        }
        Rss before = get(ifindex, context);
        remove(ifindex, context);
        return before;
    }

    private void remove(int ifindex, int context) {
        if (byNetlink) {
            begin(DELETE, ifindex, context).execute();
        } else {
            byIoctl(ifindex, context, RssChange.NONE.indirDefault(), 0, "delete RSS context " + context);
        }
    }

    /**
     * ETHTOOL_SRSSH. An empty table means the default for the main context, and deletion for any other.
     *
     * @param size number of entries of the device's table
     * @return the context
     */
    private int byIoctl(int ifindex, int context, RssChange change, int size, String what) {
        int[] table = change.table().map(t -> repeated(t, size)).orElse(new int[0]);
        byte[] key = change.hkey().map(RssKey::bytes).orElse(new byte[0]);
        try (Arena arena = Arena.ofConfined()) {
            long tableBytes = (long) Integer.BYTES * table.length;
            MemorySegment rxfh = arena.allocate(ethtool_rxfh.sizeof() + tableBytes + key.length, 8);
            ethtool_rxfh.cmd(rxfh, Uapi.ETHTOOL_SRSSH());
            ethtool_rxfh.rss_context(rxfh, context);
            ethtool_rxfh.indir_size(rxfh, change.indir().isPresent() ? table.length : Uapi.ETH_RXFH_INDIR_NO_CHANGE());
            ethtool_rxfh.key_size(rxfh, key.length);
            // No hash function: 0 is ETH_RSS_HASH_NO_CHANGE.
            ethtool_rxfh.hfunc(rxfh, (byte)
                    change.hfunc().map(RssHashFunction::value).orElse(0).intValue());
            ethtool_rxfh.input_xfrm(rxfh, (byte) inputXfrm(change.inputXfrm()));
            MemorySegment.copy(table, 0, rxfh, ValueLayout.JAVA_INT, ethtool_rxfh.sizeof(), table.length);
            MemorySegment.copy(key, 0, rxfh, ValueLayout.JAVA_BYTE, ethtool_rxfh.sizeof() + tableBytes, key.length);
            ioctls.call(requests.name(ifindex), rxfh, what);
            return ethtool_rxfh.rss_context(rxfh);
        }
    }

    private static int inputXfrm(Optional<RssInputTransform> transform) {
        return transform.map(RssInputTransform::value).orElse(Uapi.RXH_XFRM_NO_CHANGE());
    }

    /** Returns {@code table} repeated to the size that the ioctl requires. */
    private static int[] repeated(int[] table, int size) {
        if (table.length == 0) {
            return table;
        }
        if (size % table.length != 0) {
            throw new IllegalArgumentException(
                    "a table of " + table.length + " entries does not fit the device's of " + size);
        }
        int[] all = new int[size];
        for (int i = 0; i < size; i++) {
            all[i] = table[i % table.length];
        }
        return all;
    }
}
