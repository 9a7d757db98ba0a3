package dev.qlease.node.nri;

/**
 * A message of ttrpc.
 *
 * @param connection the number of the connection within the socket
 * @param stream the number of the call, chosen by its caller
 * @param type {@link #REQUEST} or {@link #RESPONSE}; others are not used by NRI
 */
@SuppressWarnings("ArrayRecordComponent")
record Frame(int connection, int stream, byte type, byte[] data) {
    /** The connection on which the runtime calls the plugin. */
    static final int PLUGIN = 1;

    /** The connection on which the plugin calls the runtime. */
    static final int RUNTIME = 2;

    static final byte REQUEST = 1;
    static final byte RESPONSE = 2;

    /** Length of the data (4 bytes), stream (4 bytes), type and flags. */
    static final int HEADER = 10;

    /** The most bytes of data that the protocol allows. */
    static final int MOST = 4 << 20;
}
