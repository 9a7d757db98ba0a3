package dev.qlease.node.nri;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Reads messages of ttrpc from a socket that carries several connections. Holds at most one incomplete message of each
 * connection. Not thread-safe.
 */
final class FrameReader {
    /** The size of a message's buffer until it is full. */
    private static final int INITIAL = 1024;

    private final DataInputStream in;
    private final Map<Integer, Assembly> connections =
            Map.of(Frame.PLUGIN, new Assembly(Frame.PLUGIN), Frame.RUNTIME, new Assembly(Frame.RUNTIME));

    private int connection;
    private int left;

    /** A message of which not all bytes have been read. */
    private static final class Assembly {
        private final int connection;
        private final ByteBuffer header = ByteBuffer.allocate(Frame.HEADER);
        private byte[] data = {};
        private int filled;

        Assembly(int connection) {
            this.connection = connection;
        }

        boolean isEmpty() {
            return header.position() == 0;
        }

        /** Reads at most {@code most} bytes, and returns how many. */
        int read(DataInputStream in, int most) throws IOException {
            if (header.hasRemaining()) {
                int count = Math.min(most, header.remaining());
                in.readFully(header.array(), header.position(), count);
                header.position(header.position() + count);
                return count;
            }
            int missing = length() - filled;
            if (filled == data.length) {
                // Memory follows what was received, and not what was announced.
                data = Arrays.copyOf(data, filled + Math.min(missing, Math.max(filled, INITIAL)));
            }
            int count = Math.min(most, data.length - filled);
            in.readFully(data, filled, count);
            filled += count;
            return count;
        }

        private int length() throws NriProtocolException {
            int length = header.getInt(0);
            if (Integer.compareUnsigned(length, Frame.MOST) > 0) {
                throw new NriProtocolException("the runtime sent a message of " + Integer.toUnsignedString(length)
                        + " bytes; the most is " + Frame.MOST);
            }
            return length;
        }

        /** Returns the message if it is complete, and begins another. */
        Optional<Frame> take() throws NriProtocolException {
            if (header.hasRemaining() || filled < length()) {
                return Optional.empty();
            }
            Frame frame = new Frame(connection, header.getInt(4), header.get(8), data);
            header.clear();
            data = new byte[0];
            filled = 0;
            return Optional.of(frame);
        }
    }

    FrameReader(InputStream in) {
        this.in = new DataInputStream(new BufferedInputStream(in));
    }

    /**
     * Waits for a message and returns it, or nothing at the end of the stream.
     *
     * @throws NriProtocolException if the bytes are not of this protocol, or end within a message
     * @throws IOException if reading fails
     */
    Optional<Frame> next() throws IOException {
        try {
            while (true) {
                if (left == 0 && !begin()) {
                    return Optional.empty();
                }
                Assembly message = connections.get(connection);
                if (message == null) {
                    // As the runtime does: connections of a later version.
                    in.skipNBytes(left);
                    left = 0;
                    continue;
                }
                left -= message.read(in, left);
                Optional<Frame> complete = message.take();
                if (complete.isPresent()) {
                    return complete;
                }
            }
        } catch (EOFException e) {
            throw new NriProtocolException("the connection ended within a message", e);
        }
    }

    /** Reads the header of a part of a connection; returns whether there is one. */
    private boolean begin() throws IOException {
        int first = in.read();
        if (first < 0) {
            if (connections.values().stream().allMatch(Assembly::isEmpty)) {
                return false;
            }
            throw new EOFException();
        }
        connection = first << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
        left = in.readInt();
        if (Integer.compareUnsigned(left, Frame.HEADER + Frame.MOST) > 0) {
            throw new NriProtocolException("the runtime sent a frame of " + Integer.toUnsignedString(left)
                    + " bytes; the most is " + (Frame.HEADER + Frame.MOST));
        }
        return true;
    }
}
