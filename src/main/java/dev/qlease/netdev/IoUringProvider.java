package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.IoUringAttributes;
import dev.qlease.netlink.Attributes;
import java.util.OptionalLong;

/**
 * Marks a queue whose memory comes from io_uring's zero-copy receive.
 *
 * @param rxBufLen size of a buffer in bytes, if the kernel reports it
 */
public record IoUringProvider(OptionalLong rxBufLen) {
    static IoUringProvider of(Attributes a) {
        return new IoUringProvider(a.find(IoUringAttributes.RX_BUF_LEN));
    }
}
