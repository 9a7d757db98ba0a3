package dev.qlease.netlink;

import dev.qlease.ffi.uapi.genlmsghdr;
import dev.qlease.ffi.uapi.nlmsghdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A received message: a view of the receive buffer, valid until its decoder returns.
 *
 * <p>{@link #parse} checks the header's length against the received length; all other accesses are bounded by the
 * header's length.
 */
public final class NetlinkMessage {
    static final int HEADER = (int) nlmsghdr.sizeof();

    private final MemorySegment received;
    private long start;
    private int length;

    /** The index of the attributes, reused from message to message: a dump has thousands of similar messages. */
    private AttributeIndex index = new AttributeIndex(AttributeSet.EMPTY);

    /** Whether {@link #index} is that of this message's attributes, which are valid as long as the message. */
    private boolean indexed;

    /** Creates a message in {@code received}; {@link #moveTo} selects which. */
    NetlinkMessage(MemorySegment received) {
        this.received = received;
    }

    /**
     * Returns the message that begins at {@code offset} of {@code received}.
     *
     * @throws MalformedMessageException if it is shorter than its header or longer than the rest of {@code received}
     */
    public static NetlinkMessage parse(MemorySegment received, long offset) {
        NetlinkMessage message = new NetlinkMessage(received);
        message.moveTo(offset);
        return message;
    }

    /**
     * Moves to the message that begins at {@code offset}; the previous message is no longer valid.
     *
     * @throws MalformedMessageException if it is shorter than its header or longer than the rest of the datagram
     */
    void moveTo(long offset) {
        long left = received.byteSize() - offset;
        if (left < HEADER) {
            throw new MalformedMessageException("netlink message", left + " bytes are no header");
        }
        int said = received.get(ValueLayout.JAVA_INT_UNALIGNED, offset + nlmsghdr.nlmsg_len$offset());
        if (said < HEADER || said > left) {
            throw new MalformedMessageException(
                    "netlink message",
                    "it says it is " + Integer.toUnsignedString(said) + " bytes long, of " + left + " that are left");
        }
        start = offset;
        length = said;
        indexed = false;
    }

    /** Returns its length in bytes, including padding. */
    long paddedLength() {
        return length + 3L & ~3L;
    }

    /** Returns nlmsg_type; for generic netlink the family's id. */
    public int type() {
        return Short.toUnsignedInt(
                received.get(ValueLayout.JAVA_SHORT_UNALIGNED, start + nlmsghdr.nlmsg_type$offset()));
    }

    /** Returns nlmsg_flags. */
    public int flags() {
        return Short.toUnsignedInt(
                received.get(ValueLayout.JAVA_SHORT_UNALIGNED, start + nlmsghdr.nlmsg_flags$offset()));
    }

    /** Returns nlmsg_seq: the number of the request that this answers; 0 in notifications. */
    public int sequence() {
        return received.get(ValueLayout.JAVA_INT_UNALIGNED, start + nlmsghdr.nlmsg_seq$offset());
    }

    /** Returns nlmsg_pid: the port from which the request came. */
    public int port() {
        return received.get(ValueLayout.JAVA_INT_UNALIGNED, start + nlmsghdr.nlmsg_pid$offset());
    }

    /**
     * Returns the command of a generic netlink message.
     *
     * @throws MalformedMessageException if it is too short to have one
     */
    public int command() {
        return Byte.toUnsignedInt(
                header((int) genlmsghdr.sizeof()).get(ValueLayout.JAVA_BYTE, genlmsghdr.cmd$offset()));
    }

    /**
     * Returns the {@code size} bytes after netlink's own header: the family's fixed header.
     *
     * @throws MalformedMessageException if the message is shorter
     */
    public MemorySegment header(int size) {
        checkHeader(size);
        return received.asSlice(start + HEADER, size);
    }

    private void checkHeader(int size) {
        if (length - HEADER < size) {
            throw new MalformedMessageException(
                    "netlink message",
                    "its " + (length - HEADER) + " bytes do not hold the family's header of " + size);
        }
    }

    /**
     * Returns the attributes after a fixed header of {@code headerSize} bytes.
     *
     * @throws MalformedMessageException if the message or one of its attributes is too short or too long
     */
    public Attributes attributes(AttributeSet set, int headerSize) {
        checkHeader(headerSize);
        if (indexed || index.set() != set) {
            index = new AttributeIndex(set);
        }
        indexed = true;
        return new Attributes(index, received, (int) start + skipped(headerSize), (int) start + length);
    }

    /**
     * Returns the first text of this attribute after a fixed header of {@code headerSize} bytes; the attribute is one
     * of the message's own set. Whatever follows it is not read, not even a further occurrence, which {@link
     * Attributes} would use: for callers that need only this text of long messages.
     *
     * @throws MalformedMessageException if there is none, or what precedes it is too short or too long
     */
    public String text(Attribute.Text attribute, int headerSize) {
        checkHeader(headerSize);
        int end = (int) start + length;
        int begin = (int) start + skipped(headerSize);
        for (int at = begin; end - at >= Attributes.HEADER; at = Attributes.next(received, at)) {
            int type = Attributes.type(received, at);
            AttributeIndex.checkLength(attribute.table(), at - begin, type, Attributes.length(received, at), end - at);
            if (type == attribute.type()) {
                return Attributes.text(received, at);
            }
        }
        throw new MalformedMessageException(attribute.table().name(), attribute + " is missing");
    }

    /** Returns the attributes after a fixed header of {@code headerSize} bytes as text; never fails. */
    String print(AttributeSet set, int headerSize) {
        int skipped = skipped(headerSize);
        return AttributePrinter.print(set, received.asSlice(start + skipped, length - skipped));
    }

    /** Returns the offset of the attributes. */
    private int skipped(int headerSize) {
        return Math.min(HEADER + (headerSize + 3 & ~3), length);
    }

    int length() {
        return length;
    }

    @Override
    public String toString() {
        return "type " + type() + ", flags 0x" + Integer.toHexString(flags()) + ", sequence "
                + Integer.toUnsignedString(sequence()) + ", " + length + " bytes";
    }
}
