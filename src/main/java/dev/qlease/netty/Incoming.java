package dev.qlease.netty;

import dev.qlease.devmem.ReceiveBatch;
import dev.qlease.devmem.loop.NonBlockingSocket;
import dev.qlease.linux.LinuxException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.unix.PreferredDirectByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import java.lang.foreign.MemorySegment;

/** The receiving side of a channel, which passes on messages in stream order. To be used on the event loop only. */
final class Incoming {
    private final StreamChannel channel;
    private final NonBlockingSocket socket;
    private final TokenReturner returns;
    private final PreferredDirectByteBufAllocator allocator = new PreferredDirectByteBufAllocator();

    Incoming(StreamChannel channel) {
        this.channel = channel;
        this.socket = channel.socket();
        this.returns = new TokenReturner(socket, task -> channel.eventLoop().execute(task));
    }

    /** Reads until no data is available or the limit for one iteration of the event loop is reached. */
    void read(RecvByteBufAllocator.ExtendedHandle handle) {
        if (channel.isInputShutdown()) {
            channel.readable(false);
            channel.inputEnded();
            return;
        }
        handle.reset(channel.config());
        allocator.updateAllocator(channel.config().getAllocator());
        returns.begin();
        Throwable failure = null;
        boolean ended = false;
        try {
            ended = receiveAll(handle);
        } catch (LinuxException | OutOfMemoryError e) {
            failure = e;
            channel.readable(false);
        } finally {
            handle.readComplete();
            channel.pipeline().fireChannelReadComplete();
            returns.giveBack();
        }
        if (failure != null) {
            channel.readFailed(failure instanceof LinuxException refusal ? NettyErrors.io(refusal) : failure);
        } else if (ended) {
            channel.inputEnded();
        } else if (channel.readWanted()) {
            channel.scheduleRead();
        }
    }

    /** Receives the available data; returns whether the stream has ended. */
    private boolean receiveAll(RecvByteBufAllocator.ExtendedHandle handle) {
        do {
            long bytes = receive(handle);
            if (bytes <= 0) {
                channel.readable(false);
                if (bytes < 0) {
                    channel.readDone();
                }
                return bytes < 0;
            }
        } while (channel.readable()
                && channel.isOpen()
                && !channel.isInputShutdown()
                && handle.continueReading(UncheckedBooleanSupplier.TRUE_SUPPLIER));
        return false;
    }

    /**
     * Receives once and passes on the messages; returns the number of bytes, 0 if no data is available, -1 at the end
     * of the stream.
     */
    private long receive(RecvByteBufAllocator.ExtendedHandle handle) {
        ByteBuf buffer = handle.allocate(allocator);
        try {
            ReceiveBatch received = LoopMemories.ofThisThread().received();
            int room = buffer.writableBytes();
            handle.attemptedBytesRead(room);
            if (buffer.hasMemoryAddress()) {
                received.target(buffer.memoryAddress() + buffer.writerIndex(), room);
            } else {
                received.target(MemorySegment.ofBuffer(buffer.internalNioBuffer(buffer.writerIndex(), room)));
            }
            long bytes = socket.receive(received);
            handle.lastBytesRead((int) bytes);
            if (bytes > 0) {
                handle.incMessagesRead(1);
                channel.readDone();
                if (received.drained()) {
                    channel.readable(false);
                }
                pass(buffer, received);
            }
            return bytes;
        } finally {
            buffer.release();
        }
    }

    private void pass(ByteBuf buffer, ReceiveBatch received) {
        int start = buffer.writerIndex();
        buffer.writerIndex(start + (int) received.linearBytes());
        int count = received.count();
        if (count == 1 && !received.isDevice(0)) {
            channel.pipeline().fireChannelRead(buffer.retain());
            return;
        }
        // Copied first, since a handler may make another channel of this event loop receive into the same memory.
        Object[] messages = new Object[count];
        for (int i = 0; i < count; i++) {
            messages[i] = received.isDevice(i)
                    ? new DmaBufFragment(
                            returns,
                            socket.keep(received, i),
                            received.binding(i),
                            received.offset(i),
                            received.length(i))
                    : buffer.retainedSlice(start + (int) received.offset(i), received.length(i));
        }
        for (Object message : messages) {
            channel.pipeline().fireChannelRead(message);
        }
    }
}
