package dev.qlease.devmem;

/**
 * Counters of the data that a socket has received.
 *
 * @param deviceBytes bytes received in dma-bufs
 * @param linearBytes bytes received in ordinary memory
 * @param receives recvmsg calls that returned data
 * @param fragments fragments received in dma-bufs, each with a token
 * @param released tokens that were returned
 * @param releases setsockopt calls that returned tokens
 */
public record ReceiveCounts(
        long deviceBytes, long linearBytes, long receives, long fragments, long released, long releases) {
    /** Returns the number of all bytes received. */
    public long bytes() {
        return deviceBytes + linearBytes;
    }
}
