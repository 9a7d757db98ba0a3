package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.PagePoolAttributes;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A page pool, the source of a receive queue's buffers.
 *
 * @param id its number
 * @param ifindex the device; empty once it is removed and only outstanding pages keep the pool
 * @param napiId the NAPI instance that uses it
 * @param inflight pages, or dma-buf pieces, that are in use outside the pool
 * @param inflightMem bytes of these
 * @param detachTime seconds of CLOCK_BOOTTIME at which the driver released it; empty while the driver uses it
 * @param dmabuf the id of the dma-buf binding whose memory it hands out
 * @param ioUring present if it hands out memory of io_uring
 * @param unknown attributes that this library has no name for
 */
public record PagePool(
        long id,
        OptionalInt ifindex,
        OptionalInt napiId,
        long inflight,
        long inflightMem,
        OptionalLong detachTime,
        OptionalInt dmabuf,
        Optional<IoUringProvider> ioUring,
        List<UnknownAttribute> unknown) {
    static PagePool of(Attributes a) {
        return new PagePool(
                a.get(PagePoolAttributes.ID),
                a.find(PagePoolAttributes.IFINDEX),
                a.find(PagePoolAttributes.NAPI_ID),
                a.get(PagePoolAttributes.INFLIGHT),
                a.get(PagePoolAttributes.INFLIGHT_MEM),
                a.find(PagePoolAttributes.DETACH_TIME),
                a.find(PagePoolAttributes.DMABUF),
                a.find(PagePoolAttributes.IO_URING, IoUringProvider::of),
                a.unknown());
    }
}
