package dev.qlease.dmabuf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** A window on memory that the CPU cannot map: data is copied through a bounce buffer of its own. */
final class BounceWindow implements MemoryWindow {
    private final DeviceMemory memory;
    private final long offset;
    private final ByteBuffer buffer;
    private final MemorySegment bytes;

    BounceWindow(DeviceMemory memory, long offset, int size) {
        this.memory = memory;
        this.offset = offset;
        this.buffer = ByteBuffer.allocateDirect(size);
        this.bytes = MemorySegment.ofBuffer(buffer);
    }

    @Override
    public int size() {
        return buffer.capacity();
    }

    @Override
    public int fill(ReadableByteChannel source) throws IOException {
        int read = source.read(buffer.clear());
        return read <= 0 ? read : hand(read);
    }

    @Override
    public int fill(ByteBuffer source) {
        int length = Math.min(source.remaining(), size());
        buffer.clear().put(0, source, source.position(), length);
        source.position(source.position() + length);
        return length == 0 ? 0 : hand(length);
    }

    private int hand(int length) {
        memory.write(offset, length == size() ? bytes : bytes.asSlice(0, length));
        return length;
    }
}
