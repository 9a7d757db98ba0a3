package dev.qlease.ops;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The fields of a lease in a file. */
enum LeaseField {
    NIC("nic"),
    NETNS("netns"),
    CONTAINER("container"),
    QUEUES("queues"),
    GUEST("guest"),
    ADDRESSES("addresses"),
    ROUTES("routes"),
    REDIRECT("redirect"),
    MODE("mode"),
    PORTS("ports"),
    RX_RING("rx-ring"),
    SINGLE("single"),
    SHARED_TRAFFIC("shared-traffic");

    private final String text;

    LeaseField(String text) {
        this.text = text;
    }

    /** Returns the name in files. */
    String text() {
        return text;
    }

    /** Returns the names of all fields, for messages. */
    static String all() {
        return Arrays.stream(values()).map(LeaseField::text).collect(Collectors.joining(", "));
    }
}
