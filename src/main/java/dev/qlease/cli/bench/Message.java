package dev.qlease.cli.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A message between {@code qlease bench} and its server. All have {@value #SIZE} bytes: seven of ASCII, the version of
 * the protocol, the kind, seven zeros and a number of bytes, in network byte order.
 *
 * <p>A client connects and sends {@link Kind#SINK} or {@link Kind#SOURCE} with the number of bytes to move; the server
 * replies {@link Kind#READY}. To a sink, the client then sends the bytes, and the server replies {@link Kind#DONE} with
 * the number that it has read. From a source, the client requests the bytes by {@link Kind#GO}; the server sends them
 * and ends its side of the connection. A server never connects to any address.
 *
 * @param version the version of the protocol
 * @param kind the kind
 * @param bytes the number of bytes, at least 0; 0 for kinds without one
 */
record Message(int version, Kind kind, long bytes) {
    static final int VERSION = 1;
    static final int SIZE = 24;

    /** The largest number of bytes to move in one run. */
    static final long MOST_BYTES = 1L << 40;

    private static final byte[] MAGIC = "QLBENCH".getBytes(StandardCharsets.US_ASCII);
    private static final int ZEROS = 7;

    /** The kinds, with their numbers. */
    enum Kind {
        SINK(1),
        SOURCE(2),
        GO(3),
        READY(4),
        DONE(5),
        /** The server has too many connections. */
        BUSY(6),
        /** The server has another version of the protocol. */
        OTHER_VERSION(7);

        private final byte number;

        Kind(int number) {
            this.number = (byte) number;
        }

        private static Optional<Kind> of(byte number) {
            return Arrays.stream(values()).filter(kind -> kind.number == number).findFirst();
        }
    }

    Message(Kind kind, long bytes) {
        this(VERSION, kind, bytes);
    }

    /** Returns the message as bytes. */
    byte[] encode() {
        return ByteBuffer.allocate(SIZE)
                .put(MAGIC)
                .put((byte) version)
                .put(kind.number)
                .put(new byte[ZEROS])
                .putLong(bytes)
                .array();
    }

    /** Returns the message with this encoding; empty if it is none. Of another version, only the version is known. */
    static Optional<Message> decode(byte[] encoded) {
        ByteBuffer buffer = ByteBuffer.wrap(encoded);
        byte[] magic = new byte[MAGIC.length];
        byte[] zeros = new byte[ZEROS];
        if (encoded.length != SIZE) {
            return Optional.empty();
        }
        buffer.get(magic);
        int version = buffer.get() & 0xff;
        byte kind = buffer.get();
        buffer.get(zeros);
        long bytes = buffer.getLong();
        if (!Arrays.equals(magic, MAGIC)) {
            return Optional.empty();
        }
        if (version != VERSION) {
            return Optional.of(new Message(version, Kind.OTHER_VERSION, 0));
        }
        boolean valid = Arrays.equals(zeros, new byte[ZEROS]) && bytes >= 0 && bytes <= MOST_BYTES;
        return valid ? Kind.of(kind).map(known -> new Message(version, known, bytes)) : Optional.empty();
    }
}
