package dev.qlease.netty;

import dev.qlease.devmem.loop.LoopMemory;
import dev.qlease.devmem.loop.NonBlockingSocket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOutboundBuffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The sending side of a channel. Messages stay in Netty's outbound buffer until they are done: ordinary bytes when the
 * kernel has copied them, regions when it has completed them, and each message only after those before it. So Netty
 * completes and fails promises, releases messages and counts them for the water marks; this class only keeps positions
 * in the stream.
 *
 * <p>To be used on the event loop only.
 */
final class Outgoing implements ChannelOutboundBuffer.MessageProcessor {
    /** Why writing ended. */
    enum Outcome {
        /** Everything has been sent. */
        DONE,
        /** The limit for one iteration of the event loop is reached. */
        ENOUGH,
        /** The send queue is full. */
        FULL,
        /** The limit on what may be in flight is reached. */
        LIMITED
    }

    private final NonBlockingSocket socket;
    private @Nullable ChannelOutboundBuffer buffer;
    private boolean retiring;

    /** The position in the stream of the buffer's first message. */
    private long head;

    /** The position in the stream up to which the kernel has taken data. */
    private long sent;

    /** The position at which the stream ends: nothing beyond it is sent. */
    private long end = Long.MAX_VALUE;

    /**
     * While a batch is filled: the position in the stream of the current message, and whether something is left for the
     * next batch.
     */
    private long position;

    private boolean more;
    private @Nullable LoopMemory filled;

    Outgoing(NonBlockingSocket socket) {
        this.socket = socket;
    }

    /** Returns a copy of {@code bytes} in native memory, which the kernel can read, and releases {@code bytes}. */
    static ByteBuf direct(ByteBuf bytes, ByteBufAllocator allocator) {
        ByteBuf copy = allocator.directBuffer(bytes.readableBytes());
        copy.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
        bytes.release();
        return copy;
    }

    /** Returns whether regions are in flight. */
    boolean inFlight() {
        return socket.outstanding() > 0;
    }

    /** Stops sending. */
    void stop() {
        end = Math.min(end, sent);
    }

    /** Stops sending after what has been flushed so far. */
    void stopAfterFlushed(ChannelOutboundBuffer in) {
        position = head;
        try {
            in.forEachFlushedMessage(message -> {
                position += length(message);
                return true;
            });
        } catch (Exception e) {
            // Declared by Netty for processors that throw; this one does not.
            throw new IllegalStateException(e);
        }
        end = Math.min(end, position);
    }

    /** Returns whether the kernel has taken all data up to the end of the stream. */
    boolean isSent() {
        return sent >= end;
    }

    /** Returns whether all messages up to the end of the stream have been removed from the outbound buffer. */
    boolean isRetired() {
        return head >= end;
    }

    /** Sends with at most {@code calls} system calls. */
    Outcome write(ChannelOutboundBuffer in, int calls) throws Exception {
        if (retiring) {
            // A listener has flushed: the caller of retire() writes afterwards.
            return Outcome.DONE;
        }
        buffer = in;
        LoopMemory batch = LoopMemories.ofThisThread();
        for (int i = 0; i < calls; i++) {
            retire(null);
            if (!fill(batch, in)) {
                return Outcome.DONE;
            }
            // The cookie is the position in the stream at which the send begins.
            long taken = socket.send(batch, more, sent);
            if (taken == NonBlockingSocket.FULL) {
                return Outcome.FULL;
            }
            if (taken == NonBlockingSocket.LIMITED) {
                return Outcome.LIMITED;
            }
            sent += taken;
        }
        retire(null);
        return Outcome.ENOUGH;
    }

    /**
     * Retains the regions in flight until their sends have completed. Called before the buffer releases them and the
     * socket is closed.
     */
    void retainInFlight() throws Exception {
        ChannelOutboundBuffer in = buffer;
        if (in == null || !inFlight()) {
            return;
        }
        List<DmaBufRegion> regions = new ArrayList<>();
        position = head;
        in.forEachFlushedMessage(message -> {
            if (position < sent && message instanceof DmaBufRegion region) {
                regions.add(region.retain());
            }
            position += length(message);
            return position < sent;
        });
        socket.whenCompleted(() -> regions.forEach(DmaBufRegion::release));
    }

    /**
     * Removes the messages that are done from the buffer.
     *
     * @param failure the error with which the promises fail, since the connection has ended; null for success
     */
    void retire(@Nullable Throwable failure) {
        ChannelOutboundBuffer in = buffer;
        if (in == null || retiring) {
            return;
        }
        retiring = true;
        try {
            long done = socket.oldestCookie(sent);
            for (Object message = in.current(); message != null; message = in.current()) {
                long length = length(message);
                if (head + length > done) {
                    return;
                }
                retire(in, length, failure);
            }
        } finally {
            retiring = false;
        }
    }

    /** Removes the first message. The head is advanced first, for listeners that call back. */
    private void retire(ChannelOutboundBuffer in, long length, @Nullable Throwable failure) {
        if (failure == null) {
            in.progress(length);
        }
        head += length;
        if (failure == null) {
            in.remove();
        } else {
            in.remove(failure);
        }
    }

    private static long length(Object message) {
        return message instanceof DmaBufRegion region ? region.count() : ((ByteBuf) message).readableBytes();
    }

    /** Fills the batch for the next system call; returns false if there is nothing to send. */
    private boolean fill(LoopMemory with, ChannelOutboundBuffer in) throws Exception {
        with.clear();
        filled = with;
        position = head;
        more = false;
        in.forEachFlushedMessage(this);
        filled = null;
        return with.count() > 0;
    }

    @Override
    public boolean processMessage(Object message) {
        long length = length(message);
        long skip = Math.max(0, sent - position);
        if (position + skip >= end) {
            return false;
        }
        if (skip < length && !add(message, skip, length - skip)) {
            more = true;
            return false;
        }
        position += length;
        return true;
    }

    private boolean add(Object message, long skip, long length) {
        LoopMemory batch = Objects.requireNonNull(filled);
        if (message instanceof DmaBufRegion region) {
            return batch.add(region.binding(), region.position() + skip, length);
        }
        ByteBuf bytes = (ByteBuf) message;
        int index = bytes.readerIndex() + (int) skip;
        if (bytes.hasMemoryAddress()) {
            return batch.add(bytes.memoryAddress() + index, length);
        }
        if (bytes.nioBufferCount() == 1) {
            return batch.add(bytes.internalNioBuffer(index, (int) length));
        }
        for (ByteBuffer piece : bytes.nioBuffers(index, (int) length)) {
            if (piece.hasRemaining() && !batch.add(piece)) {
                return false;
            }
        }
        return true;
    }
}
