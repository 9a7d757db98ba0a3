package dev.qlease.netlink;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The kernel's names for the values of an attribute: one for each value of an enum, or one for each bit of a set of
 * flags. A value that a newer kernel adds has no name and is formatted as its number.
 */
public final class Names {
    /** No names: plain numbers. */
    public static final Names NONE = new Names(false, Map.of());

    /** No names: plain numbers that may be negative, for a signed attribute. */
    public static final Names SIGNED = new Names(false, Map.of());

    private final boolean flags;
    private final Map<Long, String> byValue;

    private Names(boolean flags, Map<Long, String> byValue) {
        this.flags = flags;
        this.byValue = byValue;
    }

    /** Returns the names of the values 0, 1, 2 and so on. */
    public static Names of(String... names) {
        return numbered(false, names);
    }

    /** Returns the names of the bits 0, 1, 2 and so on. */
    public static Names ofBits(String... names) {
        return numbered(true, names);
    }

    private static Names numbered(boolean flags, String... names) {
        Map<Long, String> byValue = unsigned(Map.of());
        for (int i = 0; i < names.length; i++) {
            byValue.put(flags ? 1L << i : i, names[i]);
        }
        return new Names(flags, byValue);
    }

    /** Returns a map ordered by unsigned number, so that bit 63 is the last. */
    private static Map<Long, String> unsigned(Map<Long, String> names) {
        Map<Long, String> ordered = new TreeMap<>(Long::compareUnsigned);
        ordered.putAll(names);
        return ordered;
    }

    /** Returns names by value, for an enum that does not count from 0. */
    public static Names of(Map<Long, String> byValue) {
        return new Names(false, unsigned(byValue));
    }

    /** Returns names by mask, for flags that do not count from bit 0. */
    public static Names ofMasks(Map<Long, String> byMask) {
        return new Names(true, unsigned(byMask));
    }

    /** Returns whether the values are sets of flags. */
    public boolean areFlags() {
        return flags;
    }

    /** Returns the name of an enum's value, or its number. */
    public String name(long value) {
        String name = byValue.get(value);
        if (name != null) {
            return name;
        }
        return this == SIGNED ? Long.toString(value) : Long.toUnsignedString(value);
    }

    /** Returns the names of the flags set in {@code value}, lowest bit first; unnamed bits as hexadecimal numbers. */
    public List<String> flags(long value) {
        List<String> set = new ArrayList<>();
        long rest = value;
        for (Map.Entry<Long, String> flag : byValue.entrySet()) {
            // A name for no flags at all matches every value, but is used for 0 only.
            if (flag.getKey() == 0 ? value == 0 : (value & flag.getKey()) == flag.getKey()) {
                set.add(flag.getValue());
                rest &= ~flag.getKey();
            }
        }
        for (; rest != 0; rest &= rest - 1) {
            set.add("0x" + Long.toHexString(Long.lowestOneBit(rest)));
        }
        return List.copyOf(set);
    }

    /** Returns the value with this name. */
    public OptionalLong value(String name) {
        return byValue.entrySet().stream()
                .filter(e -> e.getValue().equals(name))
                .mapToLong(Map.Entry::getKey)
                .findFirst();
    }

    /** Returns {@code value} as text: its name, its flags in brackets, or its number. */
    String format(long value) {
        return flags ? flags(value).toString() : name(value);
    }
}
