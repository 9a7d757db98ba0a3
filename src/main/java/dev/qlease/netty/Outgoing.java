package dev.qlease.netty;

import dev.qlease.devmem.Gathering;
import dev.qlease.devmem.NonBlockingSocket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOutboundBuffer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a channel sends. All that is written stays in Netty's outbound buffer until it is done with: bytes when the kernel has
 * copied them, regions when it has completed them, and each no sooner than what was written before it. So it is Netty that
 * completes and fails promises, releases messages and counts them for the water marks; here are only positions in the stream.
 *
 * <p>For the loop alone.
 */
final class Outgoing implements ChannelOutboundBuffer.MessageProcessor {
    /** Why writing ended. */
    enum Outcome {
        /** Everything is sent. */
        DONE,
        /** It was enough for this turn of the loop. */
        ENOUGH,
        /** The send queue is full. */
        FULL,
        /** As much is in flight as may be. */
        LIMITED
    }

    private final NonBlockingSocket socket;
    private @Nullable ChannelOutboundBuffer buffer;
    private boolean stopped;

    /** Where in the stream the buffer's first message begins. */
    private long head;

    /** How much of the stream the kernel has taken. */
    private long sent;

    /** Where in the stream each send of device memory begins; by its number, modulo their most. */
    private long[] starts = {};

    /** While gathering: where in the stream the message at hand begins, and whether something is left for the next send. */
    private long position;

    private boolean more;

    Outgoing(NonBlockingSocket socket) {
        this.socket = socket;
    }

    /** A copy that the kernel can read, instead of {@code bytes}, which is released. */
    static ByteBuf direct(ByteBuf bytes, ByteBufAllocator allocator) {
        ByteBuf copy = allocator.directBuffer(bytes.readableBytes());
        copy.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
        bytes.release();
        return copy;
    }

    /** Whether regions have been sent that have not completed. */
    boolean inFlight() {
        return socket.oldest() != socket.sends();
    }

    /** Sends no more from now on. */
    void stop() {
        stopped = true;
    }

    /** Sends, with at most so many system calls. */
    Outcome write(ChannelOutboundBuffer in, int calls) throws Exception {
        buffer = in;
        for (int i = 0; i < calls; i++) {
            retire(null);
            Gathering gathering = LoopMemories.ofThisThread().gathering();
            if (stopped || !gather(in, gathering)) {
                return Outcome.DONE;
            }
            long taken = socket.send(gathering, more);
            if (taken == NonBlockingSocket.FULL) {
                return Outcome.FULL;
            }
            if (taken == NonBlockingSocket.LIMITED) {
                return Outcome.LIMITED;
            }
            if (gathering.isDevice()) {
                remember(socket.sends() - 1);
            }
            sent += taken;
        }
        retire(null);
        return Outcome.ENOUGH;
    }

    private void remember(long send) {
        if (starts.length == 0) {
            starts = new long[NonBlockingSocket.MAX_SENDS];
        }
        starts[slot(send)] = sent;
    }

    private static int slot(long send) {
        return (int) send & (NonBlockingSocket.MAX_SENDS - 1);
    }

    /**
     * Takes out of the buffer what is done with.
     *
     * @param failure why it fails though the kernel is done with it: the connection has ended; null for success
     */
    void retire(@Nullable Throwable failure) {
        ChannelOutboundBuffer in = buffer;
        if (in == null) {
            return;
        }
        long oldest = socket.oldest();
        long done = oldest == socket.sends() ? sent : starts[slot(oldest)];
        for (Object message = in.current(); message != null; message = in.current()) {
            long length = length(message);
            if (head + length > done) {
                return;
            }
            // First, since who is told may write, flush, and so come here.
            head += length;
            if (failure != null) {
                in.remove(failure);
            } else {
                in.progress(length);
                in.remove();
            }
        }
    }

    private static long length(Object message) {
        return message instanceof DmaBufRegion region ? region.count() : ((ByteBuf) message).readableBytes();
    }

    /** Lays out what the next system call sends; false if there is nothing. */
    private boolean gather(ChannelOutboundBuffer in, Gathering gathering) throws Exception {
        gathering.clear();
        position = head;
        more = false;
        in.forEachFlushedMessage(this);
        return gathering.count() > 0;
    }

    @Override
    public boolean processMessage(Object message) {
        long length = length(message);
        long skip = Math.max(0, sent - position);
        if (skip < length && !add(message, skip, length - skip)) {
            more = true;
            return false;
        }
        position += length;
        return true;
    }

    private static boolean add(Object message, long skip, long length) {
        Gathering gathering = LoopMemories.ofThisThread().gathering();
        if (message instanceof DmaBufRegion region) {
            return gathering.add(region.binding(), region.position() + skip, length);
        }
        ByteBuf bytes = (ByteBuf) message;
        int index = bytes.readerIndex() + (int) skip;
        if (bytes.hasMemoryAddress()) {
            return gathering.add(bytes.memoryAddress() + index, length);
        }
        if (bytes.nioBufferCount() == 1) {
            return gathering.add(bytes.internalNioBuffer(index, (int) length));
        }
        for (ByteBuffer piece : bytes.nioBuffers(index, (int) length)) {
            if (piece.hasRemaining() && !gathering.add(piece)) {
                return false;
            }
        }
        return true;
    }
}
