package dev.qlease.cli.bench;

/**
 * What one run has taken.
 *
 * @param bytes the bytes moved
 * @param nanos until the other end has read the last byte
 * @param processorNanos user and system time of this process in that time
 * @param calls system calls that moved data
 * @param copied the part that the kernel has copied, 0 to 1
 */
record Measured(long bytes, long nanos, long processorNanos, long calls, double copied) {
    private static final double GIB = 1 << 30;
    private static final double SECOND = 1e9;

    double bytesPerSecond() {
        return bytes * SECOND / Math.max(1, nanos);
    }

    double processorSecondsPerGib() {
        return processorNanos / SECOND * GIB / Math.max(1, bytes);
    }
}
