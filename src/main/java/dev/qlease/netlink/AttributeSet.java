package dev.qlease.netlink;

import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.netlink.Attribute.Binary;
import dev.qlease.netlink.Attribute.Flag;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.NestArray;
import dev.qlease.netlink.Attribute.Pad;
import dev.qlease.netlink.Attribute.SInt;
import dev.qlease.netlink.Attribute.SubMessage;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.Attribute.U16;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Attribute.U64;
import dev.qlease.netlink.Attribute.U8;
import dev.qlease.netlink.Attribute.UInt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The table of one attribute set: what building, parsing, printing and error messages all follow from. Immutable.
 *
 * <p>A family writes it once, each line a constant:
 *
 * {@snippet :
 * private static final Builder TABLE = AttributeSet.table("queue-id");
 * static final U32 ID = TABLE.u32(NETDEV_A_QUEUE_ID(), "id");
 * static final U32 TYPE = TABLE.u32(NETDEV_A_QUEUE_TYPE(), "type", Names.of("rx", "tx"));
 * static final AttributeSet SET = TABLE.build();
 * }
 */
public final class AttributeSet {
    static {
        NativeAccess.require();
    }

    /** A set without known attributes, for nests whose contents are not read. */
    public static final AttributeSet EMPTY = table("empty").build();

    private final String name;
    private final @Nullable Attribute[] byType;

    private AttributeSet(String name, List<Attribute> attributes) {
        this.name = name;
        int max = attributes.stream().mapToInt(Attribute::type).max().orElse(0);
        byType = new Attribute[max + 1];
        for (Attribute attribute : attributes) {
            if (byType[attribute.type()] != null) {
                throw new IllegalArgumentException(name + " has two attributes of number " + attribute.type());
            }
            byType[attribute.type()] = attribute;
            attribute.enter(this);
        }
    }

    /** Begins the table of the set that the kernel's specification calls {@code name}. */
    public static Builder table(String name) {
        return new Builder(name);
    }

    /** Returns the kernel's name for the set. */
    public String name() {
        return name;
    }

    /** Returns the highest number in the table. */
    int maxType() {
        return byType.length - 1;
    }

    /** Returns the attribute with this number; null if the table has none. */
    public @Nullable Attribute attribute(int type) {
        return type >= 0 && type < byType.length ? byType[type] : null;
    }

    /** Returns all attributes, by number. */
    public List<Attribute> attributes() {
        List<Attribute> all = new ArrayList<>();
        for (Attribute attribute : byType) {
            if (attribute != null) {
                all.add(attribute);
            }
        }
        return all;
    }

    /** Returns the name of the attribute with this number, or the number if the table has none. */
    String nameOf(int type) {
        Attribute attribute = attribute(type);
        return attribute == null ? "attribute " + type : attribute.name();
    }

    @Override
    public String toString() {
        return name;
    }

    /** Builds a table row by row. */
    public static final class Builder {
        private final String name;
        private final List<Attribute> attributes = new ArrayList<>();

        private Builder(String name) {
            this.name = name;
        }

        private <A extends Attribute> A add(A attribute) {
            attributes.add(attribute);
            return attribute;
        }

        /** Adds a row for an unsigned 8-bit number. */
        public U8 u8(int type, String attribute) {
            return u8(type, attribute, Names.NONE);
        }

        /** Adds a row for an unsigned 8-bit number whose values have names. */
        public U8 u8(int type, String attribute, Names names) {
            return add(new U8(type, attribute, names));
        }

        /** Adds a row for an unsigned 16-bit number. */
        public U16 u16(int type, String attribute) {
            return add(new U16(type, attribute, Names.NONE));
        }

        /** Adds a row for a 32-bit number. */
        public U32 u32(int type, String attribute) {
            return u32(type, attribute, Names.NONE);
        }

        /** Adds a row for a 32-bit number whose values have names. */
        public U32 u32(int type, String attribute, Names names) {
            return add(new U32(type, attribute, names));
        }

        /** Adds a row for a 64-bit number. */
        public U64 u64(int type, String attribute) {
            return u64(type, attribute, Names.NONE);
        }

        /** Adds a row for a 64-bit number whose values have names. */
        public U64 u64(int type, String attribute, Names names) {
            return add(new U64(type, attribute, names));
        }

        /** Adds a row for an unsigned number of 32 or 64 bits. */
        public UInt uint(int type, String attribute) {
            return uint(type, attribute, Names.NONE);
        }

        /** Adds a row for an unsigned number of 32 or 64 bits whose values have names. */
        public UInt uint(int type, String attribute, Names names) {
            return add(new UInt(type, attribute, names));
        }

        /** Adds a row for a signed number of 32 or 64 bits. */
        public SInt sint(int type, String attribute) {
            return add(new SInt(type, attribute));
        }

        /** Adds a row for a string. */
        public Text text(int type, String attribute) {
            return add(new Text(type, attribute));
        }

        /** Adds a row for bytes. */
        public Binary binary(int type, String attribute) {
            return binary(type, attribute, BinaryFormat.HEX);
        }

        /** Adds a row for bytes with a text format of their own. */
        public Binary binary(int type, String attribute, BinaryFormat format) {
            return add(new Binary(type, attribute, format));
        }

        /** Adds a row for an attribute without a value. */
        public Flag flag(int type, String attribute) {
            return add(new Flag(type, attribute));
        }

        /** Adds a row for nested attributes. */
        public Nest nest(int type, String attribute, AttributeSet set) {
            return nest(type, attribute, set, 0);
        }

        /**
         * Adds a row for nested attributes that follow a fixed header, as in a link's peer.
         *
         * @param headerSize size of the header in bytes, a multiple of 4
         */
        public Nest nest(int type, String attribute, AttributeSet set, int headerSize) {
            return add(new Nest(type, attribute, set, headerSize));
        }

        /** Adds a row for a list of nests that are numbered by position. */
        public NestArray nestArray(int type, String attribute, AttributeSet set) {
            return add(new NestArray(type, attribute, set));
        }

        /** Adds a row for nested attributes whose set depends on the text of {@code selector}. */
        public SubMessage subMessage(int type, String attribute, Text selector, Map<String, AttributeSet> sets) {
            return add(new SubMessage(type, attribute, selector, sets));
        }

        /** Adds a row for padding, which is skipped. */
        public void pad(int type) {
            add(new Pad(type));
        }

        /** Completes the table. */
        public AttributeSet build() {
            return new AttributeSet(name, attributes);
        }
    }
}
