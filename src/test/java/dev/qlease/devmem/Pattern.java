package dev.qlease.devmem;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/**
 * A stream of any length, of a pattern that is longer than any piece and no power of two; looks at what it is given.
 */
final class Pattern implements WritableByteChannel {
    private static final byte[] BYTES = ReceivePeer.bytes(1_000_003);

    /** The same, once for all: what each connection allocated would look like a leak. */
    private static final ByteBuffer DIRECT =
            ByteBuffer.allocateDirect(BYTES.length).put(BYTES).asReadOnlyBuffer();

    private long checked;

    /** Sends so many bytes of it, and then says that no more will come. */
    static void send(SocketChannel peer, long length) {
        ByteBuffer buffer = DIRECT.duplicate();
        try {
            for (long left = length; left > 0; left -= buffer.limit()) {
                buffer.clear().limit((int) Math.min(left, BYTES.length));
                while (buffer.hasRemaining()) {
                    peer.write(buffer);
                }
            }
            peer.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many bytes were as they must be. */
    long checked() {
        return checked;
    }

    @Override
    public int write(ByteBuffer source) {
        int size = source.remaining();
        while (source.hasRemaining()) {
            int at = (int) (checked % BYTES.length);
            int run = Math.min(source.remaining(), BYTES.length - at);
            int differs = source.slice(source.position(), run).mismatch(ByteBuffer.wrap(BYTES, at, run));
            if (differs >= 0) {
                throw new AssertionError("byte " + (checked + differs) + " is not what was sent");
            }
            source.position(source.position() + run);
            checked += run;
        }
        return size;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        // It holds nothing.
    }
}
