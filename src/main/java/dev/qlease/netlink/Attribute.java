package dev.qlease.netlink;

import dev.qlease.netlink.AttributeSet.Builder;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One row of an attribute set's table: number, name and type. Each type is a subclass, so that the types of values that
 * are put and read are checked at compile time.
 */
public abstract sealed class Attribute {
    private final int type;
    private final String name;

    /** The table that contains this row; null until it is built. */
    private @Nullable AttributeSet table;

    private Attribute(int type, String name) {
        this.type = type;
        this.name = name;
    }

    /** Returns the attribute's number, nla_type. */
    public final int type() {
        return type;
    }

    /** Returns the kernel's name for it, such as {@code napi-id}. */
    public final String name() {
        return name;
    }

    /** Makes this a row of {@code built}; called once by {@link AttributeSet}. */
    final void enter(AttributeSet built) {
        table = built;
    }

    /** Returns the table that contains this row, which has been built. */
    final AttributeSet table() {
        return Objects.requireNonNull(table);
    }

    /** Returns whether this is a row of {@code set}. */
    final boolean isOf(AttributeSet set) {
        return table == set;
    }

    @Override
    public final String toString() {
        return name;
    }

    /** A number; {@link #names()} are the names of its values, if they have any. */
    public abstract static sealed class Numeric extends Attribute {
        private final Names names;

        private Numeric(int type, String name, Names names) {
            super(type, name);
            this.names = names;
        }

        /** Returns the names of its values; {@link Names#NONE} or {@link Names#SIGNED} for plain numbers. */
        public final Names names() {
            return names;
        }
    }

    /** An unsigned 8-bit number. */
    public static final class U8 extends Numeric {
        U8(int type, String name, Names names) {
            super(type, name, names);
        }
    }

    /** An unsigned 16-bit number. */
    public static final class U16 extends Numeric {
        U16(int type, String name, Names names) {
            super(type, name, names);
        }
    }

    /** A 32-bit number, signed or not. */
    public static final class U32 extends Numeric {
        U32(int type, String name, Names names) {
            super(type, name, names);
        }
    }

    /** A 64-bit number, aligned to 4 bytes only. */
    public static final class U64 extends Numeric {
        U64(int type, String name, Names names) {
            super(type, name, names);
        }
    }

    /** An unsigned number sent in 32 bits if it fits, else in 64: {@code uint} in the kernel's specifications. */
    public static final class UInt extends Numeric {
        UInt(int type, String name, Names names) {
            super(type, name, names);
        }
    }

    /** A signed number sent in 32 bits if it fits, else in 64: {@code sint} in the kernel's specifications. */
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

    /** Bytes: an address, or a structure whose layout the family defines. */
    public static final class Binary extends Attribute {
        private final BinaryFormat format;

        Binary(int type, String name, BinaryFormat format) {
            super(type, name);
            this.format = format;
        }

        /** Returns the text format of these bytes. */
        public BinaryFormat format() {
            return format;
        }
    }

    /** An attribute without a value, which is present or absent. */
    public static final class Flag extends Attribute {
        Flag(int type, String name) {
            super(type, name);
        }
    }

    /** Nested attributes of set {@link #set()}, in some cases preceded by a fixed header. */
    public static final class Nest extends Attribute {
        private final AttributeSet set;
        private final int headerSize;

        Nest(int type, String name, AttributeSet set, int headerSize) {
            super(type, name);
            this.set = set;
            this.headerSize = headerSize;
        }

        /** Returns the size of the fixed header before the attributes, a multiple of 4; 0 for most nests. */
        int headerSize() {
            return headerSize;
        }

        /** Returns the table of the nested attributes. */
        public AttributeSet set() {
            return set;
        }
    }

    /** A list: its elements are nests of set {@link #set()}, numbered by position. */
    public static final class NestArray extends Attribute {
        private final AttributeSet set;

        NestArray(int type, String name, AttributeSet set) {
            super(type, name);
            this.set = set;
        }

        /** Returns the table of each element's attributes. */
        public AttributeSet set() {
            return set;
        }
    }

    /**
     * Nested attributes whose set depends on the text of a sibling, as that of a link's {@code data} depends on its
     * kind.
     */
    public static final class SubMessage extends Attribute {
        private final Text selector;
        private final Map<String, AttributeSet> sets;

        SubMessage(int type, String name, Text selector, Map<String, AttributeSet> sets) {
            super(type, name);
            this.selector = selector;
            this.sets = Map.copyOf(sets);
        }

        /** Returns the sibling that selects the set. */
        public Text selector() {
            return selector;
        }

        /** Returns the table for {@code selected}; {@link AttributeSet#EMPTY} if there is none. */
        public AttributeSet set(@Nullable String selected) {
            return selected == null ? AttributeSet.EMPTY : sets.getOrDefault(selected, AttributeSet.EMPTY);
        }
    }

    /** Padding before a 64-bit value; carries no data. See {@link Builder#pad(int)}. */
    static final class Pad extends Attribute {
        Pad(int type) {
            super(type, "pad");
        }
    }
}
