package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.QueueIdAttributes;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.Request;
import org.jspecify.annotations.Nullable;

/**
 * Identifies one queue of a device.
 *
 * @param id its number among the queues of its type, from 0
 * @param type receive or transmit
 */
public record QueueId(int id, QueueType type) {
    /** Returns the id of receive queue {@code id}. */
    public static QueueId rx(int id) {
        return new QueueId(id, QueueType.RX);
    }

    /** Written by hand, like hashCode(): the methods that Java generates for records slow down a starting process. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof QueueId queue && queue.id == id && queue.type.equals(type);
    }

    @Override
    public int hashCode() {
        return 31 * id + type.hashCode();
    }

    static QueueId of(Attributes a) {
        return new QueueId(a.get(QueueIdAttributes.ID), QueueType.of(a.get(QueueIdAttributes.TYPE)));
    }

    void put(Request request) {
        request.put(QueueIdAttributes.ID, id).put(QueueIdAttributes.TYPE, type.value());
    }
}
