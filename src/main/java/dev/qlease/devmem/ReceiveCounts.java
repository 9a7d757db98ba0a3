package dev.qlease.devmem;

/**
 * What a socket has received so far.
 *
 * @param deviceBytes bytes that landed in dma-bufs
 * @param linearBytes bytes that came in ordinary memory
 * @param receives recvmsg calls that brought something
 * @param fragments fragments that landed in dma-bufs, each with a token
 * @param released tokens that were given back
 * @param releases setsockopt calls that took
 */
public record ReceiveCounts(
        long deviceBytes, long linearBytes, long receives, long fragments, long released, long releases) {
    /** All bytes. */
    public long bytes() {
        return deviceBytes + linearBytes;
    }
}
