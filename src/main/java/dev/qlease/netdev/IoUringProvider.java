package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.IoUringAttributes;
import dev.qlease.netlink.Attributes;
import java.util.OptionalLong;

/**
 * Says that a queue's memory comes from io_uring's zero-copy receive.
 *
 * @param rxBufLen bytes of one of its buffers, where the kernel tells
 */
public record IoUringProvider(OptionalLong rxBufLen) {
    static IoUringProvider of(Attributes a) {
        return new IoUringProvider(a.find(IoUringAttributes.RX_BUF_LEN));
    }
}
