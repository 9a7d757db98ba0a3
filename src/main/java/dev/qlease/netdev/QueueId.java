package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.QueueIdAttributes;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.Request;
import org.jspecify.annotations.Nullable;

/**
 * Names one queue of a device.
 *
 * @param id its number among those of its type, from 0
 * @param type receive or transmit
 */
public record QueueId(int id, QueueType type) {
    /** Receive queue {@code id}. */
    public static QueueId rx(int id) {
        return new QueueId(id, QueueType.RX);
    }

    /** Written out, as hashCode(): what Java makes a record's of takes a process longer that has just started. */
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
