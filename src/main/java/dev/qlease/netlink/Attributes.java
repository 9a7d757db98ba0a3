package dev.qlease.netlink;

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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * The attributes in part of a message, indexed by number: the kernel's {@code nla_parse}, without copying.
 *
 * <p>All lengths are checked when this is created or when a value is read, so that no input causes access outside the
 * range. If an attribute occurs more than once, {@code get} and {@code find} use the last, as the kernel does. Valid
 * only as long as the message; do not keep it. Every method throws {@link MalformedMessageException} for a value that
 * is too short, and {@code get} also for one that is missing. An attribute of another table causes an {@link
 * IllegalArgumentException}, but is absent from {@link AttributeSet#EMPTY}.
 */
public final class Attributes {
    static final int HEADER = AttributeIndex.HEADER;

    private final AttributeSet set;
    private final Received data;

    /** The range in {@link #data}: not a slice, whose bounds would be checked as well on every access. */
    private final int start;

    private final int end;

    private final AttributeIndex index;

    /**
     * Indexes {@code data}.
     *
     * @throws MalformedMessageException if an attribute is shorter than its header or longer than the rest of the range
     */
    public Attributes(AttributeSet set, MemorySegment data) {
        this(new AttributeIndex(set), Received.of(data), 0, Math.toIntExact(data.byteSize()));
    }

    /**
     * Indexes {@code data} from {@code start} to {@code end} in {@code index}, which belongs to this object from then
     * on.
     */
    Attributes(AttributeIndex index, Received data, int start, int end) {
        this.set = index.set();
        this.data = data;
        this.start = start;
        this.end = end;
        this.index = index;
        index.read(data, start, end);
    }

    static int length(MemorySegment data, int at) {
        return Short.toUnsignedInt(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
    }

    static int type(MemorySegment data, int at) {
        return data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L) & AttributeIndex.TYPE_MASK;
    }

    /** Returns the offset of the attribute after the one at {@code at}; NLA_ALIGN. */
    static int next(MemorySegment data, int at) {
        return at + (length(data, at) + 3 & ~3);
    }

    /** Returns the table by which these were read. */
    public AttributeSet set() {
        return set;
    }

    /** Returns whether {@code attribute} is present. */
    public boolean has(Attribute attribute) {
        return locate(attribute) > 0;
    }

    /** Returns the offset of the header of {@code attribute} from {@link #start}, plus 1; 0 if it is absent. */
    private int locate(Attribute attribute) {
        return attribute.isOf(set) ? index.position(attribute.type()) : foreign(attribute);
    }

    private int foreign(Attribute attribute) {
        if (set == AttributeSet.EMPTY) {
            return 0;
        }
        throw new IllegalArgumentException(attribute + " is not an attribute of " + set.name());
    }

    /** Returns the offset of the header of {@code attribute}, which must be present. */
    private int header(Attribute attribute) {
        int position = locate(attribute);
        if (position == 0) {
            throw new MalformedMessageException(set.name(), attribute + " is missing");
        }
        return start + position - 1;
    }

    private int payload(Attribute attribute, int least) {
        int at = header(attribute);
        if (data.length(at) - HEADER < least) {
            throw wrongSize(attribute, data.length(at) - HEADER);
        }
        return at + HEADER;
    }

    private MalformedMessageException wrongSize(Attribute attribute, int size) {
        return new MalformedMessageException(
                set.name(), attribute + " has " + size + " bytes, which is no value of it");
    }

    private MemorySegment slice(Attribute attribute) {
        int at = header(attribute);
        return data.slice(at + HEADER, data.length(at) - HEADER);
    }

    /** Returns the value, 0 to 255. */
    public int get(U8 attribute) {
        return Byte.toUnsignedInt(data.i8(payload(attribute, 1)));
    }

    /** Returns the value, 0 to 65,535. */
    public int get(U16 attribute) {
        return data.u16(payload(attribute, 2));
    }

    /** Returns the 32 bits of the value. */
    public int get(U32 attribute) {
        long header = headerAndValue(attribute);
        if ((header & 0xffff) < HEADER + Integer.BYTES) {
            throw wrongSize(attribute, data.length(header(attribute)) - HEADER);
        }
        return (int) (header >>> Integer.SIZE);
    }

    /** Returns the value, 0 to 4,294,967,295. */
    public long getUnsigned(U32 attribute) {
        return Integer.toUnsignedLong(get(attribute));
    }

    /** Returns the 64 bits of the value. */
    public long get(U64 attribute) {
        return data.i64(payload(attribute, 8));
    }

    /** Returns the value, an unsigned 64-bit number. */
    public long get(UInt attribute) {
        long header = headerAndValue(attribute);
        return isWide(attribute, header) ? data.i64(header(attribute) + HEADER) : header >>> Integer.SIZE;
    }

    /** Returns the value. */
    public long get(SInt attribute) {
        long header = headerAndValue(attribute);
        return isWide(attribute, header) ? data.i64(header(attribute) + HEADER) : header >> Integer.SIZE;
    }

    /** Returns the header and the first 32 bits of the value with a single read; 0 if there are fewer. */
    private long headerAndValue(Attribute attribute) {
        int at = header(attribute);
        return end - at < HEADER + Integer.BYTES ? 0 : data.i64(at);
    }

    private boolean isWide(Attribute attribute, long header) {
        return switch ((int) header & 0xffff) {
            case HEADER + Integer.BYTES -> false;
            case HEADER + Long.BYTES -> true;
            default -> throw wrongSize(attribute, data.length(header(attribute)) - HEADER);
        };
    }

    /** Returns the text up to its NUL or its end. */
    public String get(Text attribute) {
        return index.text(attribute.type(), data, header(attribute)).orElseThrow();
    }

    /** Returns a view of the bytes, valid as long as the message. */
    public MemorySegment get(Binary attribute) {
        return slice(attribute);
    }

    /** Returns the nested attributes. */
    public Attributes get(Nest attribute) {
        return inside(attribute, index.nested(attribute.type(), attribute.set()), header(attribute));
    }

    /** Returns the nested attributes, read by the table that the sibling's text selects. */
    public Attributes get(SubMessage attribute) {
        String selected = has(attribute.selector()) ? get(attribute.selector()) : null;
        return inside(index.nested(attribute.type(), attribute.set(selected)), header(attribute));
    }

    /** Returns whether the flag is present. */
    public boolean get(Flag attribute) {
        return has(attribute);
    }

    /** Returns the value, if present. */
    public OptionalInt find(U8 attribute) {
        return has(attribute) ? index.present(attribute.type(), get(attribute)) : OptionalInt.empty();
    }

    /**
     * Returns the result of {@code reader} for the value, if present; the same one for equal values of successive
     * messages, so it must depend on nothing else.
     */
    public <T> Optional<T> find(U8 attribute, IntFunction<T> reader) {
        return has(attribute) ? index.present(attribute.type(), get(attribute), reader) : Optional.empty();
    }

    /** Returns the value, if present. */
    public OptionalInt find(U16 attribute) {
        return has(attribute) ? index.present(attribute.type(), get(attribute)) : OptionalInt.empty();
    }

    /** Returns the 32 bits of the value, if present. */
    public OptionalInt find(U32 attribute) {
        return has(attribute) ? index.present(attribute.type(), get(attribute)) : OptionalInt.empty();
    }

    /** Returns the value, 0 to 4,294,967,295, if present. */
    public OptionalLong findUnsigned(U32 attribute) {
        return has(attribute) ? index.present(attribute.type(), getUnsigned(attribute)) : OptionalLong.empty();
    }

    /**
     * Returns the result of {@code reader} for the 32 bits of the value, if present; the same one for equal values of
     * successive messages, so it must depend on nothing else.
     */
    public <T> Optional<T> find(U32 attribute, IntFunction<T> reader) {
        return has(attribute) ? index.present(attribute.type(), get(attribute), reader) : Optional.empty();
    }

    /** Returns the 64 bits of the value, if present. */
    public OptionalLong find(U64 attribute) {
        return has(attribute) ? index.present(attribute.type(), get(attribute)) : OptionalLong.empty();
    }

    /** Returns the value, if present. */
    public OptionalLong find(UInt attribute) {
        return has(attribute) ? index.present(attribute.type(), get(attribute)) : OptionalLong.empty();
    }

    /** Returns the value, if present. */
    public OptionalLong find(SInt attribute) {
        return has(attribute) ? index.present(attribute.type(), get(attribute)) : OptionalLong.empty();
    }

    /** Returns the text, if present. */
    public Optional<String> find(Text attribute) {
        int position = locate(attribute);
        return position > 0 ? index.text(attribute.type(), data, start + position - 1) : Optional.empty();
    }

    /** Returns the result of {@code reader} for the bytes, if present. */
    public <T> Optional<T> find(Binary attribute, Function<MemorySegment, T> reader) {
        return has(attribute) ? Optional.of(reader.apply(get(attribute))) : Optional.empty();
    }

    /** Returns the result of {@code reader} for the nested attributes, if present. */
    public <T> Optional<T> find(Nest attribute, Function<Attributes, T> reader) {
        return has(attribute) ? Optional.of(reader.apply(get(attribute))) : Optional.empty();
    }

    /** Returns the results of {@code reader} for each occurrence, in order, of a nest that may occur more than once. */
    public <T> List<T> all(Nest attribute, Function<Attributes, T> reader) {
        if (!has(attribute)) {
            return List.of();
        }
        List<T> all = new ArrayList<>();
        for (int at = start; end - at >= HEADER; at = data.next(at)) {
            if (data.type(at) == attribute.type()) {
                all.add(reader.apply(inside(attribute, new AttributeIndex(attribute.set()), at)));
            }
        }
        return List.copyOf(all);
    }

    /** Returns each occurrence, in order, of a text that may occur more than once. */
    public List<String> all(Text attribute) {
        if (!has(attribute)) {
            return List.of();
        }
        List<String> all = new ArrayList<>();
        for (int at = start; end - at >= HEADER; at = data.next(at)) {
            if (data.type(at) == attribute.type()) {
                all.add(data.text(at));
            }
        }
        return List.copyOf(all);
    }

    /** Returns the results of {@code reader} for each element of a list, in order; empty if the list is absent. */
    public <T> List<T> all(NestArray attribute, Function<Attributes, T> reader) {
        List<T> all = new ArrayList<>();
        each(attribute, element -> all.add(reader.apply(element)));
        return List.copyOf(all);
    }

    /** Passes each element of a list to {@code reader}, in order; none if the list is absent. */
    public void each(NestArray attribute, Consumer<Attributes> reader) {
        if (!has(attribute)) {
            return;
        }
        int list = header(attribute);
        int first = list + HEADER;
        int last = list + data.length(list);
        for (int at = first; last - at >= HEADER; at = data.next(at)) {
            AttributeIndex.checkLength(attribute.set(), at - first, data.type(at), data.length(at), last - at);
            reader.accept(inside(new AttributeIndex(attribute.set()), at));
        }
    }

    private Attributes inside(Nest nest, AttributeIndex nested, int at) {
        int size = data.length(at) - HEADER;
        if (size < nest.headerSize()) {
            throw wrongSize(nest, size);
        }
        return new Attributes(nested, data, at + HEADER + nest.headerSize(), at + HEADER + size);
    }

    private Attributes inside(AttributeIndex nested, int at) {
        return new Attributes(nested, data, at + HEADER, at + data.length(at));
    }

    /** A consumer of a number and the attributes nested under it. */
    @FunctionalInterface
    interface NumberedReader {
        void read(int number, Attributes inside);
    }

    /**
     * Passes each attribute to {@code reader} as a nest of {@code inside}, whatever its number: where numbers are data.
     */
    void eachNested(AttributeSet inside, NumberedReader reader) {
        for (int at = start; end - at >= HEADER; at = data.next(at)) {
            reader.read(data.type(at), inside(new AttributeIndex(inside), at));
        }
    }

    /** Returns copies of the attributes that the table does not contain, in order. */
    public List<UnknownAttribute> unknown() {
        return index.unknown() ? copiesOfUnknown() : List.of();
    }

    private List<UnknownAttribute> copiesOfUnknown() {
        List<UnknownAttribute> strangers = new ArrayList<>();
        for (int at = start; end - at >= HEADER; at = data.next(at)) {
            if (set.attribute(data.type(at)) == null) {
                MemorySegment payload = data.slice(at + HEADER, data.length(at) - HEADER);
                strangers.add(new UnknownAttribute(data.type(at), BinaryFormat.HEX.format(payload)));
            }
        }
        return List.copyOf(strangers);
    }

    /** Returns all attributes as text, such as {@code {id: 3, type: rx, lease: {ifindex: 7}}}. */
    @Override
    public String toString() {
        return AttributePrinter.print(set, data.slice(start, end - start));
    }
}
