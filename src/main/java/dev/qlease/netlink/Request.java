package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.genlmsghdr;
import dev.qlease.ffi.uapi.nlmsghdr;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.netlink.Attribute.Binary;
import dev.qlease.netlink.Attribute.Flag;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.NestArray;
import dev.qlease.netlink.Attribute.SInt;
import dev.qlease.netlink.Attribute.SubMessage;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.Attribute.U16;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.U64;
import dev.qlease.netlink.Attribute.U8;
import dev.qlease.netlink.Attribute.UInt;
import dev.qlease.netlink.Exchange.Ending;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request under construction in native memory, sent by its last call: {@link #get}, {@link #execute} or {@link
 * #dump}. It can be sent once.
 *
 * {@snippet :
 * Queue queue = socket.request(QUEUE_GET).put(IFINDEX, 7).put(TYPE, 0).put(ID, 3).get(Queue::of);
 * }
 *
 * <p>Not thread-safe.
 */
public final class Request {
    private static final int MAX_DEPTH = 8;
    private static final int[] NO_NESTS = {};
    private static final int MAX_PAYLOAD = 0xffff - Attributes.HEADER;

    private final NetlinkSocket socket;
    private final Operation operation;
    private final int type;
    private MemorySegment buffer;
    private int length;
    private int flags;
    private boolean sent;

    /** The offsets of the nests that are not ended; created by the first. */
    private int[] nests = NO_NESTS;

    private int depth;
    private String about = "";

    Request(NetlinkSocket socket, Operation operation, int type, MemorySegment buffer) {
        this.socket = socket;
        this.operation = operation;
        this.type = type;
        this.buffer = buffer;
        this.length = NetlinkMessage.HEADER + (operation.headerSize() + 3 & ~3);
        buffer.asSlice(0, length).fill((byte) 0);
        if (operation.generic()) {
            MemorySegment header = header();
            genlmsghdr.cmd(header, (byte) operation.number());
            genlmsghdr.version(header, (byte) 1);
        }
    }

    /**
     * Returns the fixed header between netlink's own and the attributes, zeroed except for a generic family's command.
     */
    public MemorySegment header() {
        checkNotSent();
        return buffer.asSlice(NetlinkMessage.HEADER, operation.headerSize());
    }

    /** Names the subject, such as {@code link eth0}, in error messages; the kernel's errors do not. */
    public Request about(String thing) {
        about = thing;
        return this;
    }

    /** Adds NLM_F_ flags, such as those for creating. */
    public Request flags(int added) {
        flags |= added;
        return this;
    }

    /**
     * Puts a value of 0 to 255.
     *
     * @throws IllegalArgumentException if the value is out of range
     */
    public Request put(U8 attribute, int value) {
        checkRange(attribute, value, 0xff);
        buffer.set(ValueLayout.JAVA_BYTE, append(attribute, 1), (byte) value);
        return this;
    }

    /**
     * Puts a value of 0 to 65,535.
     *
     * @throws IllegalArgumentException if the value is out of range
     */
    public Request put(U16 attribute, int value) {
        checkRange(attribute, value, 0xffff);
        buffer.set(ValueLayout.JAVA_SHORT_UNALIGNED, append(attribute, 2), (short) value);
        return this;
    }

    private void checkRange(Attribute attribute, int value, int max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(operation + ": " + attribute + " is 0 to " + max + ", not " + value);
        }
    }

    /** Puts 32 bits. */
    public Request put(U32 attribute, int value) {
        buffer.set(ValueLayout.JAVA_INT_UNALIGNED, append(attribute, 4), value);
        return this;
    }

    /** Puts 64 bits. */
    public Request put(U64 attribute, long value) {
        buffer.set(ValueLayout.JAVA_LONG_UNALIGNED, append(attribute, 8), value);
        return this;
    }

    /** Puts an unsigned number in 32 bits if it fits, else in 64. */
    public Request put(UInt attribute, long value) {
        return putEither(attribute, value, value >>> 32 == 0);
    }

    /** Puts a signed number in 32 bits if it fits, else in 64. */
    public Request put(SInt attribute, long value) {
        return putEither(attribute, value, value == (int) value);
    }

    private Request putEither(Attribute attribute, long value, boolean narrow) {
        if (narrow) {
            buffer.set(ValueLayout.JAVA_INT_UNALIGNED, append(attribute, 4), (int) value);
        } else {
            buffer.set(ValueLayout.JAVA_LONG_UNALIGNED, append(attribute, 8), value);
        }
        return this;
    }

    /**
     * Puts a string and a terminating NUL.
     *
     * @throws IllegalArgumentException if it contains a NUL, at which the kernel would end it
     */
    public Request put(Text attribute, String value) {
        if (value.indexOf(0) >= 0) {
            throw new IllegalArgumentException(operation + ": " + attribute + " can't have a NUL in it");
        }
        byte[] bytes = KernelText.encode(value);
        int at = append(attribute, bytes.length + 1);
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, at, bytes.length);
        buffer.set(ValueLayout.JAVA_BYTE, at + (long) bytes.length, (byte) 0);
        return this;
    }

    /** Puts bytes. */
    public Request put(Binary attribute, byte[] value) {
        int at = append(attribute, value.length);
        MemorySegment.copy(value, 0, buffer, ValueLayout.JAVA_BYTE, at, value.length);
        return this;
    }

    /** Puts bytes. */
    public Request put(Binary attribute, MemorySegment value) {
        int at = append(attribute, value.byteSize());
        buffer.asSlice(at, value.byteSize()).copyFrom(value);
        return this;
    }

    /** Puts a flag. */
    public Request put(Flag attribute) {
        append(attribute, 0);
        return this;
    }

    /** Begins a nest: attributes put until {@link #end()} are inside it. Its fixed header, if it has one, is zeroed. */
    public Request begin(Nest attribute) {
        return begin(attribute.type(), attribute.headerSize());
    }

    /** Begins a nest whose set depends on a sibling. */
    public Request begin(SubMessage attribute) {
        return begin(attribute.type(), 0);
    }

    /** Begins a list, to which {@link #beginElement} adds elements. */
    public Request begin(NestArray attribute) {
        return begin(attribute.type(), 0);
    }

    /**
     * Begins element {@code index} of a list.
     *
     * @param index 0 to 16,383; the kernel counts from 1 in most lists
     */
    public Request beginElement(int index) {
        if (index < 0 || index > AttributeIndex.TYPE_MASK) {
            throw new IllegalArgumentException(operation + ": no list has an element " + index);
        }
        return begin(index, 0);
    }

    private Request begin(int type, int headerSize) {
        if (depth == MAX_DEPTH) {
            throw new IllegalStateException(operation + ": nests deeper than " + MAX_DEPTH);
        }
        int start = length;
        int at = append(type | Uapi.NLA_F_NESTED(), headerSize);
        buffer.asSlice(at, headerSize).fill((byte) 0);
        if (nests.length == 0) {
            nests = new int[MAX_DEPTH];
        }
        nests[depth++] = start;
        return this;
    }

    /** Ends the innermost nest. */
    public Request end() {
        if (depth == 0) {
            throw new IllegalStateException(operation + ": no nest to end");
        }
        int start = nests[--depth];
        if (length - start > 0xffff) {
            throw new IllegalArgumentException(operation + ": a nest of " + (length - start) + " bytes");
        }
        buffer.set(ValueLayout.JAVA_SHORT_UNALIGNED, start, (short) (length - start));
        return this;
    }

    private int append(Attribute attribute, long size) {
        if (size > MAX_PAYLOAD) {
            throw new IllegalArgumentException(
                    operation + ": " + attribute + " has room for " + MAX_PAYLOAD + " bytes, not " + size);
        }
        return append(attribute.type(), (int) size);
    }

    /** Writes an attribute's header and returns the offset of its value. */
    private int append(int type, int size) {
        checkNotSent();
        int at = length;
        int end = at + Attributes.HEADER + (size + 3 & ~3);
        if (end > buffer.byteSize()) {
            grow(end);
        }
        // Zeroes the padding, which is in the last four bytes.
        if (size > 0) {
            buffer.set(ValueLayout.JAVA_INT_UNALIGNED, end - 4L, 0);
        }
        buffer.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) (Attributes.HEADER + size));
        buffer.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L, (short) type);
        length = end;
        return at + Attributes.HEADER;
    }

    private void grow(int needed) {
        MemorySegment larger = NetlinkSocket.allocate(Math.max(needed, 2 * buffer.byteSize()));
        larger.copyFrom(buffer.asSlice(0, length));
        socket.recycle(buffer);
        buffer = larger;
    }

    /**
     * Sends the request and returns the decoded reply.
     *
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel does not support it
     * @throws LinuxException if it could not be sent or the reply is invalid
     */
    public <T> T get(Decoder<T> decoder) {
        return send(Ending.REPLY, decoder).reply();
    }

    /**
     * Sends the request and returns when the kernel has acknowledged it.
     *
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel does not support it
     * @throws LinuxException if it could not be sent or the reply is invalid
     */
    public void execute() {
        List<Integer> _ = send(Ending.ACK, NetlinkMessage::type).records();
    }

    /**
     * Sends the request and returns, when the kernel has acknowledged it, the notifications that it echoes to the
     * sender (NLM_F_ECHO): those that the listeners of this namespace received. Empty if the operation does not echo.
     *
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel does not support it
     * @throws LinuxException if it could not be sent or the reply is invalid
     */
    public <T> List<T> echo(Decoder<T> decoder) {
        flags |= Uapi.NLM_F_ECHO();
        return List.copyOf(send(Ending.ACK, decoder).records());
    }

    private <T> Exchange<T> send(Ending ending, Decoder<T> decoder) {
        complete(ending);
        try {
            int number = socket.nextSequence();
            return socket.exchange(number, seal(number), decoder, ending);
        } finally {
            recycle();
        }
    }

    /** Sets the flags for the expected replies; before it is first {@linkplain #seal sealed}. */
    void complete(Ending ending) {
        checkNotSent();
        if (depth != 0) {
            throw new IllegalStateException(operation + ": a nest is not ended");
        }
        flags |= NetlinkSocket.flagsFor(ending);
    }

    /**
     * Returns the memory for use by other requests. The use of this object here keeps it reachable while it is sent:
     * the call that sends it has only its address.
     */
    void recycle() {
        sent = true;
        socket.recycle(buffer);
    }

    private void checkNotSent() {
        if (sent) {
            throw new IllegalStateException(operation + ": this request was sent; a new one takes a new request");
        }
    }

    /**
     * Sends the request as a dump and returns all entries that the kernel lists, in its order. A list that changes
     * while it is read is read again, up to three times.
     *
     * @throws DumpInterruptedException with the records, if the list changed on every attempt
     * @throws NetlinkException if the kernel refuses
     * @throws UnsupportedException if the kernel does not support it
     * @throws LinuxException if it could not be sent or the reply is invalid
     */
    public <T> List<T> dump(Decoder<T> decoder) {
        return dump(decoder, null);
    }

    /**
     * Sends the request as a dump and passes the entries that the kernel lists to {@code reader}, one by one as they
     * arrive, in the kernel's order; keeps none of them.
     *
     * <p>A list that changes is not read again, because the reader already has part of it. Like the decoder, the reader
     * may be called on the thread of another request of the same socket. It must not make requests on that socket;
     * other requests wait for it, and time out if it takes longer than their timeout. Its own time does not count
     * towards this request's timeout. An exception that it throws is thrown by this method, and the reader is not
     * called again.
     *
     * @throws DumpInterruptedException without records, at the end, if the list changed while it was read: {@code
     *     reader} may have missed entries or received duplicates
     * @throws NetlinkException if the kernel refuses; ENOBUFS if it had no space for a part
     * @throws IllegalStateException from the reader, if it makes a request on the same socket
     * @throws UnsupportedException if the kernel does not support it
     * @throws LinuxException if it could not be sent or the reply is invalid
     */
    public <T> void forEach(Decoder<T> decoder, Consumer<? super T> reader) {
        List<T> _ = dump(decoder, Objects.requireNonNull(reader));
    }

    private <T> List<T> dump(Decoder<T> decoder, @Nullable Consumer<? super T> reader) {
        complete(Ending.DONE);
        try {
            return socket.dump(this, decoder, reader);
        } finally {
            recycle();
        }
    }

    Operation operation() {
        return operation;
    }

    /** Writes netlink's own header. */
    RequestImage seal(int sequence) {
        nlmsghdr.nlmsg_len(buffer, length);
        nlmsghdr.nlmsg_type(buffer, (short) type);
        nlmsghdr.nlmsg_flags(buffer, (short) flags);
        nlmsghdr.nlmsg_seq(buffer, sequence);
        nlmsghdr.nlmsg_pid(buffer, 0);
        return image();
    }

    private RequestImage image() {
        return new RequestImage(operation, about, buffer, length);
    }

    @Override
    public String toString() {
        return sent ? image().title() + " (sent)" : image().toString();
    }
}
