package dev.qlease.lease;

import java.util.Locale;

/** What carries a guest's packets between its netkit pair and the NIC. */
public enum Redirect {
    /** Two BPF programs that bypass the host's network stack; the host need not forward. */
    BPF,

    /** The host's IP forwarding, which is enabled for the two devices, or as narrowly as the kernel allows. */
    FORWARD,

    /** Nothing: the caller arranges it, or the guest has no ordinary traffic. */
    NONE;

    /** Returns the text on command lines: {@code bpf}, {@code forward}, {@code none}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the constant for this text.
     *
     * @throws IllegalArgumentException if there is no such constant
     */
    public static Redirect parse(String text) {
        for (Redirect redirect : values()) {
            if (redirect.text().equals(text)) {
                return redirect;
            }
        }
        throw new IllegalArgumentException("redirect is bpf, forward or none, not \"" + text + "\"");
    }
}
