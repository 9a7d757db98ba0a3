package dev.qlease.lease;

import dev.qlease.json.Text;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * The random identifier of a lease, which is never reused. The lease's links carry it in their alias, its programs are
 * pinned in a directory of this name, and undoing compares with it.
 *
 * @param text 16 hexadecimal digits
 */
record LeaseId(String text) implements Text {
    private static final int BYTES = 8;
    private static final String TAG = "qlease:";

    /** An interface name has 15 characters. */
    private static final int PROVISIONAL_DIGITS = 14;

    LeaseId {
        if (!text.matches("[0-9a-f]{16}")) {
            throw new IllegalArgumentException("\"" + text + "\" is not a lease's id, which has 16 hexadecimal digits");
        }
    }

    /** Returns a new identifier. */
    static LeaseId random() {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return new LeaseId(HexFormat.of().formatHex(bytes));
    }

    /** Returns the alias of the lease's links. */
    String tag() {
        return TAG + text;
    }

    /** Returns the name of a link of the lease until it has its alias, since a link cannot be created with an alias. */
    String provisionalName() {
        return "q" + text.substring(0, PROVISIONAL_DIGITS);
    }

    @Override
    public String toString() {
        return text;
    }
}
