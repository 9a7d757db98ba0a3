package dev.qlease.netlink;

import dev.qlease.ffi.uapi.genlmsghdr;
import dev.qlease.ffi.uapi.nlmsghdr;
import java.lang.foreign.MemorySegment;

/**
 * A received message: a view of the receive buffer, valid until its decoder returns.
 *
 * <p>{@link #parse} checks the header's length against the received length; all other accesses are bounded by the
 * header's length.
 */
public final class NetlinkMessage {
    static final int HEADER = (int) nlmsghdr.sizeof();

    private static final int LENGTH = (int) nlmsghdr.nlmsg_len$offset();
    private static final int TYPE = (int) nlmsghdr.nlmsg_type$offset();
    private static final int FLAGS = (int) nlmsghdr.nlmsg_flags$offset();
    private static final int SEQUENCE = (int) nlmsghdr.nlmsg_seq$offset();
    private static final int PORT = (int) nlmsghdr.nlmsg_pid$offset();

    private final Received received;
    private int start;
    private int length;

    /** The index of the attributes, reused from message to message: a dump has thousands of similar messages. */
    private AttributeIndex index = new AttributeIndex(AttributeSet.EMPTY);

    /** Whether {@link #index} is that of this message's attributes, which are valid as long as the message. */
    private boolean indexed;

    /** Creates a message in {@code received}; {@link #moveTo} selects which. */
    NetlinkMessage(MemorySegment received) {
        this.received = Received.of(received);
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

    /** Continues with another datagram; {@link #moveTo(long)} selects the message. */
    void moveTo(MemorySegment datagram) {
        received.replace(datagram);
    }

    /**
     * Moves to the message that begins at {@code offset}; the previous message is no longer valid.
     *
     * @throws MalformedMessageException if it is shorter than its header or longer than the rest of the datagram
     */
    void moveTo(long offset) {
        long left = received.size() - offset;
        if (left < HEADER) {
            throw new MalformedMessageException("netlink message", left + " bytes are no header");
        }
        int said = received.i32((int) offset + LENGTH);
        if (said < HEADER || said > left) {
            throw new MalformedMessageException(
                    "netlink message",
                    "it says it is " + Integer.toUnsignedString(said) + " bytes long, of " + left + " that are left");
        }
        start = (int) offset;
        length = said;
        indexed = false;
    }

    /** Returns its length in bytes, including padding. */
    long paddedLength() {
        return length + 3L & ~3L;
    }

    /** Returns nlmsg_type; for generic netlink the family's id. */
    public int type() {
        return received.u16(start + TYPE);
    }

    /** Returns nlmsg_flags. */
    public int flags() {
        return received.u16(start + FLAGS);
    }

    /** Returns nlmsg_seq: the number of the request that this answers; 0 in notifications. */
    public int sequence() {
        return received.i32(start + SEQUENCE);
    }

    /** Returns nlmsg_pid: the port from which the request came. */
    public int port() {
        return received.i32(start + PORT);
    }

    /**
     * Returns the command of a generic netlink message.
     *
     * @throws MalformedMessageException if it is too short to have one
     */
    public int command() {
        checkHeader((int) genlmsghdr.sizeof());
        return Byte.toUnsignedInt(received.i8(start + HEADER + (int) genlmsghdr.cmd$offset()));
    }

    /**
     * Returns the {@code size} bytes after netlink's own header: the family's fixed header.
     *
     * @throws MalformedMessageException if the message is shorter
     */
    public MemorySegment header(int size) {
        checkHeader(size);
        return received.slice(start + HEADER, size);
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
        return new Attributes(index, received, start + skipped(headerSize), start + length);
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
        int end = start + length;
        int begin = start + skipped(headerSize);
        for (int at = begin; end - at >= Attributes.HEADER; at = received.next(at)) {
            int type = received.type(at);
            AttributeIndex.checkLength(attribute.table(), at - begin, type, received.length(at), end - at);
            if (type == attribute.type()) {
                return received.text(at);
            }
        }
        throw new MalformedMessageException(attribute.table().name(), attribute + " is missing");
    }

    /** Returns the attributes after a fixed header of {@code headerSize} bytes as text; never fails. */
    String print(AttributeSet set, int headerSize) {
        int skipped = skipped(headerSize);
        return AttributePrinter.print(set, received.slice(start + skipped, length - skipped));
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
