package dev.qlease.netlink;

import dev.qlease.ffi.uapi.genlmsghdr;
import dev.qlease.ffi.uapi.nlmsghdr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A received message: a view of the receive buffer, valid until the decoder that it is given to returns.
 *
 * <p>{@link #parse} checks the header's length against what was received; all else is read inside that length.
 */
public final class NetlinkMessage {
    static final int HEADER = (int) nlmsghdr.sizeof();

    private final MemorySegment received;
    private long start;
    private int length;

    /** Where the attributes are, kept from one message to the next: a dump has thousands that are much alike. */
    private AttributeIndex index = new AttributeIndex(AttributeSet.EMPTY);

    /** Whether {@link #index} is that of attributes of this message, which are valid as long as it is. */
    private boolean indexed;

    /** A message in {@code received}; {@link #moveTo} says which. */
    NetlinkMessage(MemorySegment received) {
        this.received = received;
    }

    /**
     * The message that begins at {@code offset} of {@code received}.
     *
     * @throws MalformedMessageException if it is shorter than its header or longer than what is left
     */
    public static NetlinkMessage parse(MemorySegment received, long offset) {
        NetlinkMessage message = new NetlinkMessage(received);
        message.moveTo(offset);
        return message;
    }

    /**
     * Makes this the message that begins at {@code offset}, after the one that it was, which is valid no more.
     *
     * @throws MalformedMessageException if it is shorter than its header or longer than what is left
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

    /** The bytes it takes with its padding. */
    long paddedLength() {
        return length + 3L & ~3L;
    }

    /** nlmsg_type: of a generic netlink message the family's id. */
    public int type() {
        return Short.toUnsignedInt(
                received.get(ValueLayout.JAVA_SHORT_UNALIGNED, start + nlmsghdr.nlmsg_type$offset()));
    }

    /** nlmsg_flags. */
    public int flags() {
        return Short.toUnsignedInt(
                received.get(ValueLayout.JAVA_SHORT_UNALIGNED, start + nlmsghdr.nlmsg_flags$offset()));
    }

    /** nlmsg_seq: the request that this answers; 0 in notifications. */
    public int sequence() {
        return received.get(ValueLayout.JAVA_INT_UNALIGNED, start + nlmsghdr.nlmsg_seq$offset());
    }

    /** nlmsg_pid: the port that the request came from. */
    public int port() {
        return received.get(ValueLayout.JAVA_INT_UNALIGNED, start + nlmsghdr.nlmsg_pid$offset());
    }

    /**
     * The command of a generic netlink message.
     *
     * @throws MalformedMessageException if it is too short to have one
     */
    public int command() {
        return Byte.toUnsignedInt(
                header((int) genlmsghdr.sizeof()).get(ValueLayout.JAVA_BYTE, genlmsghdr.cmd$offset()));
    }

    /**
     * The {@code size} bytes after netlink's own header: the family's fixed header.
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
     * The attributes after a fixed header of {@code headerSize} bytes.
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
     * The first text of this attribute after a fixed header of {@code headerSize} bytes, whose set is the attribute's. What
     * comes behind it is not looked at, not even another of the same, which {@link Attributes} would take: for who wants
     * nothing else of messages that are long.
     *
     * @throws MalformedMessageException if there is none, or what comes before it is too short or too long
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

    /** The attributes after a fixed header of {@code headerSize} bytes as text; fails on no message. */
    String print(AttributeSet set, int headerSize) {
        int skipped = skipped(headerSize);
        return AttributePrinter.print(set, received.asSlice(start + skipped, length - skipped));
    }

    /** Where the attributes begin. */
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
