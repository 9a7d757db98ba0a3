package dev.qlease.cli.bench;

import java.io.IOException;

/**
 * A connection to the server, which moves data in one kind of memory. Messages are in ordinary memory always. Owned by
 * one thread, except for {@link #progress} and {@link #abort}.
 */
interface BenchConnection extends AutoCloseable {
    /** Sends a message. */
    void write(byte[] message) throws IOException;

    /**
     * Receives a message of this size.
     *
     * @throws IOException also if the connection ends before that
     */
    byte[] read(int length) throws IOException;

    /** Prepares for the transfer, after the first messages and before what is measured. */
    void prepare();

    /** Sends this many bytes, and waits until their memory can be used again. */
    void send(long bytes) throws IOException;

    /** Receives until the end of the stream, and returns the number of bytes. */
    long receive() throws IOException;

    /** Returns the number of system calls that have moved data. */
    long calls();

    /** Returns the part that the kernel has copied, 0 to 1. */
    double copied();

    /** Returns a number that grows with progress. Thread-safe. */
    long progress();

    /** Ends all waits; they fail then. Thread-safe. */
    void abort();

    @Override
    void close() throws IOException;
}
