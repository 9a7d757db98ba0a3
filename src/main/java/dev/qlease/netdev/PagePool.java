package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.PagePoolAttributes;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A page pool: where a receive queue's buffers come from.
 *
 * @param id its number
 * @param ifindex the device; empty once that is gone and only outstanding pages keep the pool
 * @param napiId the NAPI instance that uses it
 * @param inflight pages, or dma-buf pieces, handed out and not yet back
 * @param inflightMem bytes of these
 * @param detachTime seconds of CLOCK_BOOTTIME at which the driver let go of it; empty while it is in use
 * @param dmabuf the id of the dma-buf binding that it hands out
 * @param ioUring set if it hands out memory of io_uring
 * @param unknown what this library has no name for
 */
public record PagePool(
        long id,
        OptionalInt ifindex,
        OptionalLong napiId,
        OptionalLong inflight,
        OptionalLong inflightMem,
        OptionalLong detachTime,
        OptionalInt dmabuf,
        Optional<IoUringProvider> ioUring,
        List<UnknownAttribute> unknown) {
    static PagePool of(Attributes a) {
        return new PagePool(
                a.get(PagePoolAttributes.ID),
                a.find(PagePoolAttributes.IFINDEX),
                a.find(PagePoolAttributes.NAPI_ID),
                a.find(PagePoolAttributes.INFLIGHT),
                a.find(PagePoolAttributes.INFLIGHT_MEM),
                a.find(PagePoolAttributes.DETACH_TIME),
                a.find(PagePoolAttributes.DMABUF),
                a.find(PagePoolAttributes.IO_URING, IoUringProvider::of),
                a.unknown());
    }
}
