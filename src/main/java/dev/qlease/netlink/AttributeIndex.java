package dev.qlease.netlink;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The positions of the attributes in a memory range, by number: the kernel's {@code nla_parse}.
 *
 * <p>The index can be {@linkplain #read read} again for the next message. The messages of a dump are similar: if the
 * headers at the known positions are the same as before, which one comparison tells, the attributes need not be
 * searched again.
 */
final class AttributeIndex {
    /** Length and type; struct nlattr. */
    static final int HEADER = 4;

    /** The bits of nla_type that hold the number: all except NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
    static final int TYPE_MASK = 0x3fff;

    /** With more attributes than this, comparing does not pay. */
    private static final int MAX_SHAPE = 16;

    private static final int[] NO_SHAPE = {};

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
    void read(MemorySegment data, int start, int end) {
        if (end - start != size || !isLikeBefore(data, start)) {
            find(data, start, end);
        }
    }

    private boolean isLikeBefore(MemorySegment data, int start) {
        for (int i = 0; i < shapeEnd; i += 2) {
            if (data.get(ValueLayout.JAVA_INT_UNALIGNED, start + shape[i]) != shape[i + 1]) {
                return false;
            }
        }
        return shapeEnd > 0;
    }

    private void find(MemorySegment data, int start, int end) {
        if (size >= 0) {
            forget();
        }
        size = end - start;
        int found = 0;
        for (int at = start; end - at >= HEADER; ) {
            int header = data.get(ValueLayout.JAVA_INT_UNALIGNED, at);
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
            shape = new int[2 * MAX_SHAPE];
        }
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
