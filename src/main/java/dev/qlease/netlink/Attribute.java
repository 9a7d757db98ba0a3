package dev.qlease.netlink;

import dev.qlease.netlink.AttributeSet.Builder;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One line of an attribute set's table: number, name and kind. The subclass is the kind, so that what is put and got is
 * checked when the program is compiled.
 */
public abstract sealed class Attribute {
    private final int type;
    private final String name;

    /** Kept here, so that one comparison tells whether a table has this line. */
    private @Nullable AttributeSet table;

    private Attribute(int type, String name) {
        this.type = type;
        this.name = name;
    }

    /** The attribute's number, nla_type. */
    public final int type() {
        return type;
    }

    /** The kernel's name for it, such as {@code napi-id}. */
    public final String name() {
        return name;
    }

    /** Makes it a line of {@code built}: what {@link AttributeSet} does once. */
    final void enter(AttributeSet built) {
        table = built;
    }

    /** The table that it is a line of, which has been built. */
    final AttributeSet table() {
        return Objects.requireNonNull(table);
    }

    /** Whether it is a line of {@code set}. */
    final boolean isOf(AttributeSet set) {
        return table == set;
    }

    @Override
    public final String toString() {
        return name;
    }

    /** A number; with {@link #names()} where its values have names. */
    public abstract static sealed class Numeric extends Attribute {
        private final Names names;

        private Numeric(int type, String name, Names names) {
            super(type, name);
            this.names = names;
        }

        /** The names of its values; {@link Names#NONE} or {@link Names#SIGNED} if they are plain numbers. */
        public final Names names() {
            return names;
        }
    }

    /** An unsigned number of 8 bits. */
    public static final class U8 extends Numeric {
        U8(int type, String name, Names names) {
            super(type, name, names);
        }
    }

    /** An unsigned number of 16 bits. */
    public static final class U16 extends Numeric {
        U16(int type, String name, Names names) {
            super(type, name, names);
        }
    }

    /** A number of 32 bits, signed or not. */
    public static final class U32 extends Numeric {
        U32(int type, String name, Names names) {
            super(type, name, names);
        }
    }

    /** A number of 64 bits, aligned to 4 bytes only. */
    public static final class U64 extends Numeric {
        U64(int type, String name, Names names) {
            super(type, name, names);
        }
    }

    /** An unsigned number sent in 32 bits where it fits, else in 64: {@code uint} in the kernel's specifications. */
    public static final class UInt extends Numeric {
        UInt(int type, String name, Names names) {
            super(type, name, names);
        }
    }

    /** A signed number sent in 32 bits where it fits, else in 64: {@code sint} in the kernel's specifications. */
    public static final class SInt extends Numeric {
        SInt(int type, String name) {
            super(type, name, Names.SIGNED);
        }
    }

    /** A string, NUL-terminated when sent. */
    public static final class Text extends Attribute {
        Text(int type, String name) {
            super(type, name);
        }
    }

    /** Bytes: an address, or a structure that its family lays out. */
    public static final class Binary extends Attribute {
        private final BinaryFormat format;

        Binary(int type, String name, BinaryFormat format) {
            super(type, name);
            this.format = format;
        }

        /** How a person reads these bytes. */
        public BinaryFormat format() {
            return format;
        }
    }

    /** An attribute without a value: there or not. */
    public static final class Flag extends Attribute {
        Flag(int type, String name) {
            super(type, name);
        }
    }

    /** Attributes inside, of set {@link #set()}; before them, in few, a fixed header. */
    public static final class Nest extends Attribute {
        private final AttributeSet set;
        private final int headerSize;

        Nest(int type, String name, AttributeSet set, int headerSize) {
            super(type, name);
            this.set = set;
            this.headerSize = headerSize;
        }

        /** Bytes of fixed header before the attributes, a multiple of 4; 0 in most nests. */
        int headerSize() {
            return headerSize;
        }

        /** The table of what is inside. */
        public AttributeSet set() {
            return set;
        }
    }

    /** A list: inside are nests of set {@link #set()}, numbered by position. */
    public static final class NestArray extends Attribute {
        private final AttributeSet set;

        NestArray(int type, String name, AttributeSet set) {
            super(type, name);
            this.set = set;
        }

        /** The table of what is inside each element. */
        public AttributeSet set() {
            return set;
        }
    }

    /** Attributes inside, whose set a sibling's text decides: what a link's {@code data} means depends on its kind. */
    public static final class SubMessage extends Attribute {
        private final Text selector;
        private final Map<String, AttributeSet> sets;

        SubMessage(int type, String name, Text selector, Map<String, AttributeSet> sets) {
            super(type, name);
            this.selector = selector;
            this.sets = Map.copyOf(sets);
        }

        /** The sibling that decides. */
        public Text selector() {
            return selector;
        }

        /** The table for {@code selected}; {@link AttributeSet#EMPTY} if there is none. */
        public AttributeSet set(@Nullable String selected) {
            return selected == null ? AttributeSet.EMPTY : sets.getOrDefault(selected, AttributeSet.EMPTY);
        }
    }

    /** Padding before a 64-bit value; carries nothing. See {@link Builder#pad(int)}. */
    static final class Pad extends Attribute {
        Pad(int type) {
            super(type, "pad");
        }
    }
}
