package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.QueueIdAttributes;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.Request;

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

    static QueueId of(Attributes a) {
        return new QueueId(a.get(QueueIdAttributes.ID), QueueType.of(a.get(QueueIdAttributes.TYPE)));
    }

    void put(Request request) {
        request.put(QueueIdAttributes.ID, id).put(QueueIdAttributes.TYPE, type.value());
    }
}
