package dev.qlease.node.nri;

import com.google.protobuf.MessageLite;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes messages of ttrpc to a socket that carries several connections. Not thread-safe. */
final class FrameWriter {
    /**
     * The most bytes of a connection in a part. The runtime's multiplexer fails if a part is longer than the buffer
     * that it is read into (pkg/net/multiplex/mux.go), and the buffer of Go's bufio.Reader has twice as many. For the
     * same reason, no part has bytes of two messages.
     */
    private static final int PART = 2048;

    /** The number of the connection and the length, 4 bytes each. */
    private static final int PART_HEADER = 8;

    private final OutputStream out;

    FrameWriter(OutputStream out) {
        this.out = out;
    }

    /** Writes a message of at most {@link Frame#MOST} bytes. */
    void write(int connection, int stream, byte type, MessageLite data) throws IOException {
        byte[] message = ByteBuffer.allocate(Frame.HEADER + data.getSerializedSize())
                .putInt(data.getSerializedSize())
                .putInt(stream)
                .put(type)
                .put((byte) 0)
                .put(data.toByteArray())
                .array();
        int parts = Math.ceilDiv(message.length, PART);
        ByteBuffer all = ByteBuffer.allocate(parts * PART_HEADER + message.length);
        for (int at = 0; at < message.length; at += PART) {
            int length = Math.min(PART, message.length - at);
            all.putInt(connection).putInt(length).put(message, at, length);
        }
        out.write(all.array());
    }
}
