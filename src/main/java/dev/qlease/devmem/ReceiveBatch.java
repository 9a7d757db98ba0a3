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
 * The fragments of one {@link DevmemSocket#receive(ReceiveBatch)}, in the order of the stream, each of them in a
 * dma-buf or in ordinary memory. Reusable, also with other sockets; filling it allocates nothing.
 *
 * {@snippet :
 * try (ReceiveBatch batch = ReceiveBatch.allocate()) {
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
 * <p>Fragments in a dma-buf are released when a socket receives into this batch again, by {@link
 * DevmemSocket#release(ReceiveBatch)}, or when their socket is closed; fragments that are needed longer can be
 * {@linkplain #keep kept}. Until they are released the device cannot fill their memory. Owns its native memory. Not
 * thread-safe.
 */
public final class ReceiveBatch implements AutoCloseable {
    private static final int FRAGMENTS = 1024;
    private static final long BYTES = 1 << 20;

    /**
     * The maximum number of fragments of a batch: their control messages must fit into what the kernel copies at once.
     */
    private static final int MOST_FRAGMENTS = 1 << 16;

    /** The control message of a fragment in a dma-buf: its space, its cmsg_len, and its cmsg_level with cmsg_type. */
    private static final long FRAGMENT_MESSAGE = ControlMessages.space(dmabuf_cmsg.sizeof());

    private static final long FRAGMENT_LENGTH = ControlMessages.HEADER + dmabuf_cmsg.sizeof();
    private static final long FRAGMENT_KIND = ControlMessages.kind(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_DMABUF());

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
    private @Nullable DevmemReceiver source;

    @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
    private ReceiveBatch(@Nullable MemorySegment given, long size, int fragments) {
        if (fragments < 1 || fragments > MOST_FRAGMENTS) {
            throw new IllegalArgumentException("a batch has 1 to " + MOST_FRAGMENTS + " fragments, not " + fragments);
        }
        if (size < 1) {
            throw new IllegalArgumentException("a batch has room for at least 1 byte, not " + size);
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

    /** Creates a batch for up to 1,024 fragments and 1 MiB. */
    public static ReceiveBatch allocate() {
        return allocate(BYTES, FRAGMENTS);
    }

    /**
     * Creates a batch of this size.
     *
     * @param bytes maximum number of bytes of one receive, in device memory or not
     * @param fragments the most pieces of it, 1 to 65,536
     */
    public static ReceiveBatch allocate(long bytes, int fragments) {
        return new ReceiveBatch(null, bytes, fragments);
    }

    /**
     * Creates a batch that receives data outside device memory into {@code buffer}, whose size is also the maximum
     * number of bytes of one receive, in device memory or not.
     *
     * @param buffer native memory; remains owned by the caller, and must outlive this batch
     * @param fragments the most pieces of it, 1 to 65,536
     */
    public static ReceiveBatch over(MemorySegment buffer, int fragments) {
        if (!buffer.isNative()) {
            throw new IllegalArgumentException("the kernel writes to native memory, not to " + buffer);
        }
        return new ReceiveBatch(buffer, buffer.byteSize(), fragments);
    }

    /**
     * Receives data outside device memory into {@code memory} from the next receive on. Its size is then also the
     * maximum number of bytes of one receive.
     *
     * @param memory native, such as a direct ByteBuffer's; remains owned by the caller, who must keep it alive during
     *     each receive
     */
    public void target(MemorySegment memory) {
        if (!memory.isNative() || memory.byteSize() == 0) {
            throw new IllegalArgumentException(
                    "the kernel writes to native memory of at least 1 byte, not to " + memory);
        }
        message.piece(0, memory);
        buffer = memory;
        capacity = memory.byteSize();
    }

    /**
     * As {@link #target(MemorySegment)}, for memory given by its address, which is not checked. {@link #linear()} does
     * not return this memory. Allocates nothing.
     *
     * @param size size in bytes, at least 1
     */
    public void target(long address, long size) {
        if (size < 1) {
            throw new IllegalArgumentException("a batch has room for at least 1 byte, not " + size);
        }
        message.piece(0, address, size);
        buffer = MemorySegment.NULL;
        capacity = size;
    }

    /** Returns the number of fragments. */
    public int count() {
        return count;
    }

    /** Returns the total size of all fragments in bytes. */
    public long bytes() {
        return bytes;
    }

    /** Returns the number of bytes in dma-bufs. */
    public long deviceBytes() {
        return bytes - linearBytes;
    }

    /** Returns the number of bytes in ordinary memory. */
    public long linearBytes() {
        return linearBytes;
    }

    /** Returns the maximum number of bytes of one receive. */
    public long capacity() {
        return capacity;
    }

    /**
     * Returns whether the kernel reported that nothing was left to receive, neither data nor the end of the stream; a
     * poller then gets a new event for whatever arrives next. Reported only for the sockets of event loops.
     */
    public boolean drained() {
        return drained;
    }

    /** Returns whether fragment {@code index} is in a dma-buf. */
    public boolean isDevice(int index) {
        return tokens[Objects.checkIndex(index, count)] != LINEAR;
    }

    /** Returns where fragment {@code index} begins, in its dma-buf or in {@link #linear()}. */
    public long offset(int index) {
        return offsets[Objects.checkIndex(index, count)];
    }

    /** Returns the size of fragment {@code index} in bytes. */
    public int length(int index) {
        return lengths[Objects.checkIndex(index, count)];
    }

    /** Returns the {@linkplain RxBinding#id() id} of the binding of fragment {@code index}'s dma-buf; 0 for none. */
    public int binding(int index) {
        return bindings[Objects.checkIndex(index, count)];
    }

    /** Returns the bytes of all fragments in ordinary memory. Valid until the batch is used again. */
    public MemorySegment linear() {
        return buffer.asSlice(0, linearBytes);
    }

    /**
     * Returns the bytes of fragment {@code index}. Valid until the batch is used again.
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
     * Excludes fragment {@code index} from those released with the batch: its memory stays valid until its token is
     * passed to {@link DevmemSocket#release(int)}.
     *
     * @return the token of the fragment
     * @throws IllegalArgumentException if the fragment is not in a dma-buf, or was already kept or released
     */
    public int keep(int index) {
        int token = tokens[Objects.checkIndex(index, count)];
        if (token < 0 || source == null) {
            throw new IllegalArgumentException(
                    "fragment " + index + (token == LINEAR ? " is not in a dma-buf" : " was already kept or released"));
        }
        tokens[index] = KEPT;
        return token;
    }

    /**
     * Frees the memory. Fragments that were not released remain held by their socket until it is closed. Idempotent.
     */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            count = 0;
            source = null;
            arena.close();
        }
    }

    /** Returns the receiver whose fragments this batch still holds; null if it holds none. */
    @Nullable
    DevmemReceiver source() {
        return source;
    }

    /** Notes that the fragments that were not kept have been released; their numbers can still be read. */
    void released() {
        source = null;
    }

    /** Returns the tokens of the fragments; negative for fragments without one. */
    int[] tokens() {
        return tokens;
    }

    /** Empties the batch. */
    void empty() {
        count = 0;
        bytes = 0;
        linearBytes = 0;
        drained = false;
    }

    /** Returns the msghdr to receive into. */
    MemorySegment header() {
        message.reset();
        return message.header();
    }

    /**
     * Reads the fragments from the message that recvmsg filled.
     *
     * @param received the result of recvmsg, positive
     * @param from the receiver of the fragments, for {@link #source()}
     * @throws LinuxException EBADMSG if there are bytes that no control message describes. This cannot happen with a
     *     kernel that keeps control messages whole, but bytes must not be lost silently
     */
    void fill(long received, DevmemReceiver from) {
        source = from;
        long length = msghdr.msg_controllen(message.header());
        control.rewind(message.control(), length).skip(fragments(message.control(), length));
        while (control.next()) {
            if (control.dataLength() < dmabuf_cmsg.sizeof()) {
                if (control.is(Libc.SOL_TCP(), Libc.TCP_CM_INQ()) && control.dataLength() == Integer.BYTES) {
                    drained = number(0) == 0;
                }
                continue;
            }
            if (control.is(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_DMABUF())) {
                device();
            } else if (control.is(Libc.SOL_SOCKET(), Libc.SCM_DEVMEM_LINEAR())) {
                ordinary((int) number(dmabuf_cmsg.frag_size$offset()));
            }
        }
        boolean truncated = (message.flags() & Libc.MSG_CTRUNC()) != 0;
        if (count == 0 && !truncated) {
            // Data entirely in ordinary memory is received as on any socket, without a control message.
            ordinary((int) received);
        }
        if (bytes != received) {
            throw new LinuxException(
                    "recvmsg of device memory",
                    Errno.EBADMSG.number(),
                    received + " bytes were received, but the control messages describe " + bytes
                            + (truncated ? ": they were truncated" : ""));
        }
    }

    /**
     * Reads the fragments in dma-bufs with which the control data begins, which are nearly always all of it, several
     * times faster than message by message.
     *
     * @return where the next message begins
     */
    private long fragments(MemorySegment data, long length) {
        int n = 0;
        long sum = 0;
        long at = 0;
        for (; at + FRAGMENT_MESSAGE <= length && ControlMessages.is(data, at, FRAGMENT_LENGTH, FRAGMENT_KIND); n++) {
            long fragment = at + ControlMessages.HEADER;
            int size = data.get(ValueLayout.JAVA_INT_UNALIGNED, fragment + dmabuf_cmsg.frag_size$offset());
            offsets[n] = data.get(ValueLayout.JAVA_LONG_UNALIGNED, fragment + dmabuf_cmsg.frag_offset$offset());
            lengths[n] = size;
            tokens[n] = data.get(ValueLayout.JAVA_INT_UNALIGNED, fragment + dmabuf_cmsg.frag_token$offset());
            bindings[n] = data.get(ValueLayout.JAVA_INT_UNALIGNED, fragment + dmabuf_cmsg.dmabuf_id$offset());
            sum += size;
            at += FRAGMENT_MESSAGE;
        }
        count = n;
        bytes = sum;
        return at;
    }

    private long number(long field) {
        return Integer.toUnsignedLong(
                message.control().get(ValueLayout.JAVA_INT_UNALIGNED, control.dataOffset() + field));
    }

    private void device() {
        offsets[count] = message.control()
                .get(ValueLayout.JAVA_LONG_UNALIGNED, control.dataOffset() + dmabuf_cmsg.frag_offset$offset());
        lengths[count] = (int) number(dmabuf_cmsg.frag_size$offset());
        tokens[count] = (int) number(dmabuf_cmsg.frag_token$offset());
        bindings[count] = (int) number(dmabuf_cmsg.dmabuf_id$offset());
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

    /** Returns how many consecutive fragments, starting at {@code first}, are in the dma-buf of {@code binding}. */
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

    /** Returns the sizes, such as {@code 65536 bytes in 17 fragments, 120 of them in ordinary memory}. */
    @Override
    public String toString() {
        return bytes + " bytes in " + count + " fragments, " + linearBytes + " of them in ordinary memory";
    }
}
