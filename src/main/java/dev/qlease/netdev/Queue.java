package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.QueueAttributes;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A configured queue of a device.
 *
 * @param id its number among the queues of its type, from 0
 * @param type receive or transmit
 * @param ifindex the device
 * @param napiId the NAPI instance that serves it
 * @param dmabuf the id of the dma-buf binding into which it receives
 * @param ioUring present if it receives into memory of io_uring
 * @param xsk present if an AF_XDP socket uses it
 * @param lease the leasing queue, if this is a leased queue of a physical device
 * @param unknown attributes that this library has no name for
 */
public record Queue(
        int id,
        QueueType type,
        int ifindex,
        OptionalInt napiId,
        OptionalInt dmabuf,
        Optional<IoUringProvider> ioUring,
        Optional<XskInfo> xsk,
        Optional<Lease> lease,
        List<UnknownAttribute> unknown) {
    static Queue of(Attributes a) {
        return new Queue(
                a.get(QueueAttributes.ID),
                QueueType.of(a.get(QueueAttributes.TYPE)),
                a.get(QueueAttributes.IFINDEX),
                a.find(QueueAttributes.NAPI_ID),
                a.find(QueueAttributes.DMABUF),
                a.find(QueueAttributes.IO_URING, IoUringProvider::of),
                a.find(QueueAttributes.XSK, _ -> new XskInfo()),
                a.find(QueueAttributes.LEASE, Lease::of),
                a.unknown());
    }
}
