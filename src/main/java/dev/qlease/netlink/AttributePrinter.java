package dev.qlease.netlink;

import dev.qlease.linux.sys.KernelText;
import dev.qlease.netlink.Attribute.Binary;
import dev.qlease.netlink.Attribute.Flag;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.NestArray;
import dev.qlease.netlink.Attribute.Numeric;
import dev.qlease.netlink.Attribute.Pad;
import dev.qlease.netlink.Attribute.SubMessage;
import dev.qlease.netlink.Attribute.Text;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Formats attributes as text and finds the name of the attribute at an offset, both by the tables. Never fails. */
final class AttributePrinter {
    private AttributePrinter() {}

    /** Returns all attributes in {@code data} as text; where lengths are invalid, the rest in hexadecimal. */
    static String print(AttributeSet set, MemorySegment data) {
        StringBuilder out = new StringBuilder();
        print(out, set, data);
        return out.toString();
    }

    private static void print(StringBuilder out, AttributeSet set, MemorySegment data) {
        out.append('{');
        String separator = "";
        int at = 0;
        for (; isWhole(data, at); at = Attributes.next(data, at)) {
            Attribute attribute = set.attribute(Attributes.type(data, at));
            if (attribute instanceof Pad) {
                continue;
            }
            out.append(separator).append(attribute == null ? Attributes.type(data, at) : attribute.name());
            out.append(": ");
            printValue(out, attribute, payload(data, at), data);
            separator = ", ";
        }
        if (at < data.byteSize()) {
            out.append(separator).append("rest: ").append(BinaryFormat.HEX.format(data.asSlice(at)));
        }
        out.append('}');
    }

    private static void printValue(
            StringBuilder out, @Nullable Attribute attribute, MemorySegment value, MemorySegment around) {
        switch (attribute) {
            case Numeric n
            when value.byteSize() <= 8 && Long.bitCount(value.byteSize()) == 1 ->
                out.append(n.names().format(number(n, value)));
            case Text _ -> quote(out, text(value));
            case Flag _ -> out.append("true");
            case Nest n -> print(out, n.set(), value.asSlice(Math.min(n.headerSize(), value.byteSize())));
            case SubMessage s -> print(out, s.set(selected(s, around)), value);
            case NestArray a -> printArray(out, a, value);
            case Binary b -> out.append(b.format().format(value));
            case null, default -> out.append(BinaryFormat.HEX.format(value));
        }
    }

    private static void printArray(StringBuilder out, NestArray array, MemorySegment elements) {
        out.append('[');
        String separator = "";
        int at = 0;
        for (; isWhole(elements, at); at = Attributes.next(elements, at)) {
            out.append(separator);
            print(out, array.set(), payload(elements, at));
            separator = ", ";
        }
        if (at < elements.byteSize()) {
            out.append(separator).append("rest: ").append(BinaryFormat.HEX.format(elements.asSlice(at)));
        }
        out.append(']');
    }

    /** Escapes text that others have chosen: it must neither look like the end of the text nor control a terminal. */
    private static void quote(StringBuilder out, String text) {
        out.append('"');
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                out.append('\\').appendCodePoint(c);
            } else if (KernelText.isByte(c)) {
                out.append(String.format("\\x%02x", KernelText.toByte(c)));
            } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                out.append(String.format("\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        });
        out.append('"');
    }

    private static long number(Numeric attribute, MemorySegment value) {
        boolean signed = attribute.names() == Names.SIGNED;
        return switch ((int) value.byteSize()) {
            case 1 -> value.get(ValueLayout.JAVA_BYTE, 0) & (signed ? -1L : 0xff);
            case 2 -> value.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0) & (signed ? -1L : 0xffff);
            case 4 -> {
                int number = value.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
                yield signed ? number : Integer.toUnsignedLong(number);
            }
            default -> value.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
        };
    }

    private static String text(MemorySegment value) {
        return KernelText.decodeToNul(value.toArray(ValueLayout.JAVA_BYTE));
    }

    /** Returns the text of the sibling that selects; of several the last, as when reading. */
    private static @Nullable String selected(SubMessage attribute, MemorySegment around) {
        String selected = null;
        for (int at = 0; isWhole(around, at); at = Attributes.next(around, at)) {
            if (Attributes.type(around, at) == attribute.selector().type()) {
                selected = text(payload(around, at));
            }
        }
        return selected;
    }

    /** An attribute found in a request: the path to it, and the table of its nested attributes if that is known. */
    record Found(String path, @Nullable AttributeSet inside) {}

    /**
     * Returns the attribute whose header is at {@code offset} of {@code data}, with a path such as {@code
     * lease.queue.id}; null if there is none. For an offset within a value, returns that value's attribute.
     */
    static @Nullable Found find(AttributeSet set, MemorySegment data, long offset) {
        for (int at = 0; isWhole(data, at); at = Attributes.next(data, at)) {
            if (offset < at || offset >= at + Attributes.length(data, at)) {
                continue;
            }
            Attribute attribute = set.attribute(Attributes.type(data, at));
            String name = set.nameOf(Attributes.type(data, at));
            int start = at + Attributes.HEADER + headerSize(attribute);
            Found inside = offset < start ? null : findInside(attribute, rest(data, at, start), data, offset - start);
            return inside == null
                    ? new Found(name, inside(attribute, data))
                    : new Found(name + "." + inside.path(), inside.inside());
        }
        return null;
    }

    private static @Nullable Found findInside(
            @Nullable Attribute attribute, MemorySegment value, MemorySegment around, long offset) {
        if (attribute instanceof NestArray array) {
            return findElement(array, value, offset);
        }
        AttributeSet inside = inside(attribute, around);
        return inside == null ? null : find(inside, value, offset);
    }

    /** In a path, the numbers of a list's elements are used as names: {@code ops.2.id}. */
    private static @Nullable Found findElement(NestArray array, MemorySegment elements, long offset) {
        for (int at = 0; isWhole(elements, at); at = Attributes.next(elements, at)) {
            if (offset < at || offset >= at + Attributes.length(elements, at)) {
                continue;
            }
            String number = Integer.toString(Attributes.type(elements, at));
            Found inside = offset < at + Attributes.HEADER
                    ? null
                    : find(array.set(), payload(elements, at), offset - at - Attributes.HEADER);
            return inside == null
                    ? new Found(number, array.set())
                    : new Found(number + "." + inside.path(), inside.inside());
        }
        return null;
    }

    /** Returns the table of the direct children; null if there is none, as for a list, whose children are numbered. */
    private static @Nullable AttributeSet inside(@Nullable Attribute attribute, MemorySegment around) {
        return switch (attribute) {
            case Nest n -> n.set();
            case SubMessage s -> s.set(selected(s, around));
            case null, default -> null;
        };
    }

    private static int headerSize(@Nullable Attribute attribute) {
        return attribute instanceof Nest nest ? nest.headerSize() : 0;
    }

    /** Returns the part of the attribute at {@code at} that begins at {@code start}. */
    private static MemorySegment rest(MemorySegment data, int at, int start) {
        return data.asSlice(start, at + Attributes.length(data, at) - start);
    }

    private static boolean isWhole(MemorySegment data, int at) {
        return data.byteSize() - at >= Attributes.HEADER
                && Attributes.length(data, at) >= Attributes.HEADER
                && Attributes.length(data, at) <= data.byteSize() - at;
    }

    private static MemorySegment payload(MemorySegment data, int at) {
        return data.asSlice(at + Attributes.HEADER, Attributes.length(data, at) - Attributes.HEADER);
    }
}
