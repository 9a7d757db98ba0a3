package dev.qlease.ethtool;

import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.Request;
import java.util.OptionalLong;

/** Checks of numbers that callers pass. */
final class Numbers {
    private static final long U32_MAX = 0xffff_ffffL;

    private Numbers() {}

    /**
     * Checks that {@code value}, if present, fits a 32-bit attribute.
     *
     * @throws IllegalArgumentException if it does not
     */
    static void checkU32(String name, OptionalLong value) {
        value.ifPresent(number -> {
            if (number < 0 || number > U32_MAX) {
                throw new IllegalArgumentException(name + " is 0 to " + U32_MAX + ", not " + number);
            }
        });
    }

    /** Puts {@code value}, which has been checked, if present. */
    static void put(Request request, U32 attribute, OptionalLong value) {
        if (value.isPresent()) {
            request.put(attribute, (int) value.getAsLong());
        }
    }

    /**
     * Checks that {@code value} is in a range.
     *
     * @throws IllegalArgumentException if not
     */
    static void checkRange(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is " + min + " to " + max + ", not " + value);
        }
    }
}
