package dev.qlease.devmem;

import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.libc.msghdr;
import dev.qlease.ffi.uapi.dmabuf_cmsg;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.ControlMessages;
import dev.qlease.linux.sys.SocketMessage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one {@link DevmemSocket#receive(Received)} brought: fragments in the order of the stream, each of them in a dma-buf
 * or, as it never got there, in ordinary memory. Made once and used over and over, with any sockets; being filled allocates
 * nothing.
 *
 * {@snippet :
 * try (Received batch = Received.allocate()) {
 *     while (socket.receive(batch) >= 0) {
 *         for (int i = 0; i < batch.count(); i++) {
 *             if (batch.isDevice(i)) {
 *                 process(batch.binding(i), batch.offset(i), batch.length(i));
 *             } else {
 *                 process(batch.linear(i));
 *             }
 *         }
 *     }
 * }
 * }
 *
 * <p>Fragments in a dma-buf go back to the kernel at the next use of this object, by {@link #release()} or by
 * {@link #close()}; what is to stay longer is {@linkplain #keep kept}. Until then the device has that much less memory to
 * receive into. Owns its native memory. For one thread at a time.
 */
public final class Received implements AutoCloseable {
    private static final int FRAGMENTS = 1024;
    private static final long BYTES = 1 << 20;

    /** The most fragments of a batch: their control messages have to fit into what the kernel copies at once. */
    private static final int MOST_FRAGMENTS = 1 << 16;

    private static final int LINEAR = -1;
    private static final int KEPT = -2;

    private final Arena arena;
    private final SocketMessage message;
    private MemorySegment buffer;
    private long capacity;
    private final ControlMessages control = new ControlMessages();
    private final long[] offsets;
    private final int[] lengths;
    private final int[] tokens;
    private final int[] bindings;
    private int count;
    private long bytes;
    private long linearBytes;
    private boolean drained;
    private @Nullable Receiving source;

    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    private Received(@Nullable MemorySegment given, long size, int fragments) {
        if (fragments < 1 || fragments > MOST_FRAGMENTS) {
            throw new IllegalArgumentException("a batch has 1 to " + MOST_FRAGMENTS + " fragments, not " + fragments);
        }
        if (size < 1) {
            throw new IllegalArgumentException("a batch has room for 1 byte or more, not " + size);
        }
        this.arena = Arena.ofShared();
        this.buffer = given == null ? arena.allocate(size) : given;
        this.capacity = buffer.byteSize();
        this.message = new SocketMessage(
                arena,
                0,
                1,
                fragments * ControlMessages.space(dmabuf_cmsg.sizeof()) + ControlMessages.space(Integer.BYTES));
        message.piece(0, buffer);
        this.offsets = new long[fragments];
        this.lengths = new int[fragments];
        this.tokens = new int[fragments];
        this.bindings = new int[fragments];
    }

    /** A batch of up to 1,024 fragments and 1 MiB. */
    public static Received allocate() {
        return allocate(BYTES, FRAGMENTS);
    }

    /**
     * A batch of this size.
     *
     * @param bytes the most that one receive brings, in device memory or out of it
     * @param fragments the most pieces of it, 1 to 65,536
     */
    public static Received allocate(long bytes, int fragments) {
        return new Received(null, bytes, fragments);
    }

    /**
     * A batch that has what is not in device memory put into {@code buffer}, whose size is also the most that one receive
     * brings, in device memory or out of it.
     *
     * @param buffer native memory; it stays the caller's, and open as long as this
     * @param fragments the most pieces of it, 1 to 65,536
     */
    public static Received over(MemorySegment buffer, int fragments) {
        if (!buffer.isNative()) {
            throw new IllegalArgumentException("the kernel writes to native memory, not to " + buffer);
        }
        return new Received(buffer, buffer.byteSize(), fragments);
    }

    /**
     * Has what is not in device memory put into {@code memory} from the next receive on, whose size is then also the most
     * that one brings.
     *
     * @param memory native, such as a direct ByteBuffer's; it stays the caller's, and open while it is received into
     */
    public void target(MemorySegment memory) {
        if (!memory.isNative() || memory.byteSize() == 0) {
            throw new IllegalArgumentException("the kernel writes to some native memory, not to " + memory);
        }
        message.piece(0, memory);
        buffer = memory;
        capacity = memory.byteSize();
    }

    /**
     * As {@link #target(MemorySegment)}, of memory by its address, which is the caller's to be right about, and to read:
     * {@link #linear()} does not know it. Allocates nothing.
     *
     * @param size bytes, at least 1
     */
    public void target(long address, long size) {
        if (size < 1) {
            throw new IllegalArgumentException("a batch has room for 1 byte or more, not " + size);
        }
        message.piece(0, address, size);
        buffer = MemorySegment.NULL;
        capacity = size;
    }

    /** How many fragments there are. */
    public int count() {
        return count;
    }

    /** How many bytes all fragments have. */
    public long bytes() {
        return bytes;
    }

    /** How many of the bytes are in dma-bufs. */
    public long deviceBytes() {
        return bytes - linearBytes;
    }

    /** How many of the bytes are in ordinary memory. */
    public long linearBytes() {
        return linearBytes;
    }

    /** The most bytes that one receive brings. */
    public long capacity() {
        return capacity;
    }

    /**
     * Whether the kernel said that nothing more was there, neither bytes nor the end of the stream: what comes then is news
     * to who polls. It says so of a {@link NonBlockingSocket} alone.
     */
    public boolean drained() {
        return drained;
    }

    /** Whether fragment {@code index} is in a dma-buf. */
    public boolean isDevice(int index) {
        return tokens[Objects.checkIndex(index, count)] != LINEAR;
    }

    /** Where fragment {@code index} begins, in its dma-buf or in {@link #linear()}. */
    public long offset(int index) {
        return offsets[Objects.checkIndex(index, count)];
    }

    /** How many bytes fragment {@code index} has. */
    public int length(int index) {
        return lengths[Objects.checkIndex(index, count)];
    }

    /** The {@linkplain RxBinding#id() id} of the binding of the dma-buf that fragment {@code index} is in; 0 for none. */
    public int binding(int index) {
        return bindings[Objects.checkIndex(index, count)];
    }

    /** The bytes of all fragments in ordinary memory, until the next use. */
    public MemorySegment linear() {
        return buffer.asSlice(0, linearBytes);
    }

    /**
     * The bytes of fragment {@code index}, until the next use.
     *
     * @throws IllegalArgumentException if it is in a dma-buf
     */
    public MemorySegment linear(int index) {
        if (isDevice(index)) {
            throw new IllegalArgumentException("fragment " + index + " is in a dma-buf");
        }
        return buffer.asSlice(offsets[index], lengths[index]);
    }

    /**
     * Takes fragment {@code index} out of what goes back by itself: it stays until its token is given to
     * {@link DevmemSocket#release(int)}.
     *
     * @return its token
     * @throws IllegalArgumentException if it is not in a dma-buf, or was kept or released already
     */
    public int keep(int index) {
        int token = tokens[Objects.checkIndex(index, count)];
        if (token < 0 || source == null) {
            throw new IllegalArgumentException(
                    "fragment " + index + (token == LINEAR ? " is not in a dma-buf" : " was kept or released already"));
        }
        tokens[index] = KEPT;
        return token;
    }

    /**
     * Gives the fragments back that are in dma-bufs and were not kept; their numbers can still be read. Does nothing again,
     * nor if the socket was closed, which gave them back.
     *
     * @throws LinuxException if the kernel refuses
     */
    public void release() {
        Receiving from = source;
        if (from != null) {
            source = null;
            from.giveBack(tokens, count);
        }
    }

    /** Releases what it has and frees its memory. Does nothing again. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            try {
                release();
            } finally {
                count = 0;
                arena.close();
            }
        }
    }

    /** Begins anew. */
    void empty() {
        release();
        count = 0;
        bytes = 0;
        linearBytes = 0;
        drained = false;
    }

    /** What recvmsg takes. */
    MemorySegment header() {
        message.reset();
        return message.header();
    }

    /**
     * Takes the fragments out of what recvmsg left.
     *
     * @param received its result, positive
     * @param into where the tokens are kept count of
     * @throws LinuxException EBADMSG if there are bytes of which nobody says where they are: never with a kernel that keeps
     *     control messages whole, but bytes must not be lost without a word
     */
    void fill(long received, Receiving from, Tokens into) {
        source = from;
        control.rewind(message.control(), msghdr.msg_controllen(message.header()));
        while (control.next()) {
            if (control.dataLength() < dmabuf_cmsg.sizeof()) {
                if (control.is(Libc.SOL_TCP(), Libc.TCP_CM_INQ()) && control.dataLength() == Integer.BYTES) {
                    drained = number(0) == 0;
                }
                continue;
            }
            if (control.is(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_DMABUF())) {
                device(into);
            } else if (control.is(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_LINEAR())) {
                ordinary((int) number(dmabuf_cmsg.frag_size$offset()));
            }
        }
        boolean truncated = (message.flags() & Libc.MSG_CTRUNC()) != 0;
        if (count == 0 && !truncated) {
            // Data that has no device memory about it comes as on any socket, without a control message.
            ordinary((int) received);
        }
        if (bytes != received) {
            throw new LinuxException(
                    "recvmsg of device memory",
                    Errno.EBADMSG.number(),
                    received + " bytes came, and control messages that tell of " + bytes
                            + (truncated ? ": they were truncated" : ""));
        }
    }

    private long number(long field) {
        return Integer.toUnsignedLong(
                message.control().get(ValueLayout.JAVA_INT_UNALIGNED, control.dataOffset() + field));
    }

    private void device(Tokens into) {
        offsets[count] = message.control()
                .get(ValueLayout.JAVA_LONG_UNALIGNED, control.dataOffset() + dmabuf_cmsg.frag_offset$offset());
        lengths[count] = (int) number(dmabuf_cmsg.frag_size$offset());
        tokens[count] = (int) number(dmabuf_cmsg.frag_token$offset());
        bindings[count] = (int) number(dmabuf_cmsg.dmabuf_id$offset());
        into.add(tokens[count]);
        bytes += lengths[count++];
    }

    private void ordinary(int length) {
        offsets[count] = linearBytes;
        lengths[count] = length;
        tokens[count] = LINEAR;
        bindings[count] = 0;
        linearBytes += length;
        bytes += lengths[count++];
    }

    /** How many of the fragments from {@code first} on are in the dma-buf of {@code binding}, one after the other. */
    int run(int first, int binding) {
        int end = first;
        while (end < count && tokens[end] != LINEAR && bindings[end] == binding) {
            end++;
        }
        return end - first;
    }

    long[] offsets() {
        return offsets;
    }

    int[] lengths() {
        return lengths;
    }

    /** Such as {@code 65536 bytes in 17 fragments, 120 of them in ordinary memory}. */
    @Override
    public String toString() {
        return bytes + " bytes in " + count + " fragments, " + linearBytes + " of them in ordinary memory";
    }
}
