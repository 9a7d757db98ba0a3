package dev.qlease.netlink;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Where the attributes in a stretch of memory are, by number: the kernel's {@code nla_parse}.
 *
 * <p>It can be {@linkplain #read read} again for the next message. Those of a dump are much alike: where the headers are
 * the same at the same places, which is compared at once, nothing has to be found one behind the other.
 */
final class AttributeIndex {
    /** Length and type; struct nlattr. */
    static final int HEADER = 4;

    /** The bits of nla_type that are the number: without NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
    static final int TYPE_MASK = 0x3fff;

    /** More attributes than this are not worth comparing. */
    private static final int MAX_SHAPE = 16;

    private static final int[] NO_SHAPE = {};

    private final AttributeSet set;

    /** By number: where the header is, from the start of the stretch, plus 1; 0 if the attribute is absent. */
    private final int[] positions;

    private boolean unknown;

    /** The length of the stretch that this was read from last; -1 for none. */
    private int size = -1;

    /** The headers there, each with its place before it; made when this is read again. */
    private int[] shape = NO_SHAPE;

    /** How much of {@link #shape} is in use; 0 for a shape that is not known. */
    private int shapeEnd;

    AttributeIndex(AttributeSet set) {
        this.set = set;
        this.positions = new int[set.maxType() + 1];
    }

    AttributeSet set() {
        return set;
    }

    /** Where the header of the attribute of this number is, from the start, plus 1; 0 if it is absent. */
    int position(int type) {
        return positions[type];
    }

    /** Whether there is one that the set does not have. */
    boolean unknown() {
        return unknown;
    }

    /**
     * Finds what is in {@code data} from {@code start} to {@code end}, and forgets what it found before.
     *
     * @throws MalformedMessageException if an attribute is shorter than its header or longer than what is left
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
