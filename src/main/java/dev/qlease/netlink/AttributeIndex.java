package dev.qlease.netlink;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The positions of the attributes in a memory range, by number: the kernel's {@code nla_parse}.
 *
 * <p>The index can be {@linkplain #read read} again for the next message. The messages of a dump are similar: if the
 * headers at the known positions are the same as before, which one comparison tells, the attributes need not be
 * searched again. Values are similar too, so the object of the last value of each attribute is returned again if the
 * next value is equal.
 */
final class AttributeIndex {
    /** Length and type; struct nlattr. */
    static final int HEADER = 4;

    /** The bits of nla_type that hold the number: all except NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
    static final int TYPE_MASK = 0x3fff;

    /** With more attributes than this, they are searched in each message. */
    private static final int MAX_SHAPE = 80;

    /** The number of changes of a value after which only one of {@link #KEPT_OF} values is kept. */
    private static final int ALWAYS_KEPT = 8;

    private static final int KEPT_OF = 16;

    private static final int[] NO_SHAPE = {};
    private static final @Nullable Object[] NO_VALUES = {};

    private final AttributeSet set;

    /** By number: the offset of the header in the range, plus 1; 0 if the attribute is absent. */
    private final int[] positions;

    private boolean unknown;

    /** The length of the range that was read last; -1 for none. */
    private int size = -1;

    /** The headers in that range, each preceded by its offset; created by the second read. */
    private int[] shape = NO_SHAPE;

    /** How much of {@link #shape} is used; 0 if no shape is known. */
    private int shapeEnd;

    /** By number: the object of the value that was read last; null for none. Created by the second read. */
    private @Nullable Object[] values = NO_VALUES;

    /** By number: how often a value was unlike the one that was kept. */
    private int[] changes = {};

    AttributeIndex(AttributeSet set) {
        this.set = set;
        this.positions = new int[set.maxType() + 1];
    }

    AttributeSet set() {
        return set;
    }

    /** Returns the offset of the header of the attribute with this number, plus 1; 0 if it is absent. */
    int position(int type) {
        return positions[type];
    }

    /** Returns whether an attribute is present that the set does not contain. */
    boolean unknown() {
        return unknown;
    }

    /**
     * Indexes {@code data} from {@code start} to {@code end}, replacing the previous index.
     *
     * @throws MalformedMessageException if an attribute is shorter than its header or longer than the rest of the range
     */
    void read(Received data, int start, int end) {
        if (end - start != size || !isLikeBefore(data, start)) {
            find(data, start, end);
        }
    }

    private boolean isLikeBefore(Received data, int start) {
        for (int i = 0; i < shapeEnd; i += 2) {
            if (data.i32(start + shape[i]) != shape[i + 1]) {
                return false;
            }
        }
        return shapeEnd > 0;
    }

    private void find(Received data, int start, int end) {
        if (size >= 0) {
            forget();
        }
        size = end - start;
        int found = 0;
        for (int at = start; end - at >= HEADER; ) {
            int header = data.i32(at);
            int length = header & 0xffff;
            int type = header >>> 16 & TYPE_MASK;
            checkLength(set, at - start, type, length, end - at);
            if (set.attribute(type) != null) {
                positions[type] = at - start + 1;
            } else {
                unknown = true;
            }
            if (found < shape.length) {
                shape[found] = at - start;
                shape[found + 1] = header;
            }
            found += 2;
            at += length + 3 & ~3;
        }
        shapeEnd = found <= shape.length ? found : 0;
    }

    private void forget() {
        Arrays.fill(positions, 0);
        unknown = false;
        shapeEnd = 0;
        if (shape.length == 0) {
            shape = new int[2 * Math.min(positions.length, MAX_SHAPE)];
            values = new Object[positions.length];
            changes = new int[positions.length];
        }
    }

    /** A value that was read and what a reader made of it. */
    private record Known(int value, IntFunction<?> reader, Optional<?> result) {}

    /** Keeps the object of a new value, but only now and then if the values keep changing. */
    private <T> T remember(int type, T made) {
        if (type < values.length) {
            int before = changes[type]++;
            if (before < ALWAYS_KEPT || before % KEPT_OF == 0) {
                values[type] = made;
            }
        }
        return made;
    }

    private @Nullable Object last(int type) {
        return type < values.length ? values[type] : null;
    }

    /** Returns {@code value} of attribute {@code type} as an object. */
    OptionalInt present(int type, int value) {
        return last(type) instanceof OptionalInt known && known.getAsInt() == value
                ? known
                : remember(type, OptionalInt.of(value));
    }

    /** Returns {@code value} of attribute {@code type} as an object. */
    OptionalLong present(int type, long value) {
        return last(type) instanceof OptionalLong known && known.getAsLong() == value
                ? known
                : remember(type, OptionalLong.of(value));
    }

    /** Returns the result of {@code reader} for {@code value} of attribute {@code type}. */
    @SuppressWarnings({"unchecked", "ReferenceEquality"}) // the result of the very same reader
    <T> Optional<T> present(int type, int value, IntFunction<T> reader) {
        if (last(type) instanceof Known known && known.value == value && known.reader == reader) {
            return (Optional<T>) known.result;
        }
        Optional<T> made = Optional.of(reader.apply(value));
        remember(type, new Known(value, reader, made));
        return made;
    }

    /** Returns the text of attribute {@code type}, whose header is at {@code at} of {@code data}. */
    @SuppressWarnings("unchecked") // it has a String
    Optional<String> text(int type, Received data, int at) {
        if (last(type) instanceof Optional<?> known
                && known.orElseThrow() instanceof String text
                && isText(text, data, at)) {
            return (Optional<String>) known;
        }
        return remember(type, Optional.of(data.text(at)));
    }

    /** Returns whether the payload is {@code text}, in ASCII, and a NUL. */
    private static boolean isText(String text, Received data, int at) {
        int size = data.length(at) - HEADER;
        if (size != text.length() + 1) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            byte b = data.i8(at + HEADER + i);
            if (b <= 0 || b != text.charAt(i)) {
                return false;
            }
        }
        return data.i8(at + HEADER + text.length()) == 0;
    }

    /** Returns the index of what is nested in attribute {@code type}: that of the previous message, to read again. */
    AttributeIndex nested(int type, AttributeSet inside) {
        return last(type) instanceof AttributeIndex known && known.set == inside
                ? known
                : remember(type, new AttributeIndex(inside));
    }

    static void checkLength(AttributeSet set, int offset, int type, int length, int left) {
        if (length < HEADER || length > left) {
            throw new MalformedMessageException(
                    set.name(),
                    set.nameOf(type) + " at offset " + offset + " says it is " + length + " bytes long, of " + left
                            + " that are left");
        }
    }
}
