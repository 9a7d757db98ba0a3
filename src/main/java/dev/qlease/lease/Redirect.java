package dev.qlease.lease;

import java.util.Locale;

/** What carries a guest's packets between its netkit pair and the NIC. */
public enum Redirect {
    /** Two BPF programs, past the host's stack; the host need not forward. */
    BPF,

    /** The host's IP forwarding, which is switched on for the two devices, or as narrowly as the kernel can. */
    FORWARD,

    /** Nothing: somebody else sees to it, or the guest has no traffic of its own. */
    NONE;

    /** As it is typed: {@code bpf}, {@code forward}, {@code none}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The one of this text.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Redirect parse(String text) {
        for (Redirect redirect : values()) {
            if (redirect.text().equals(text)) {
                return redirect;
            }
        }
        throw new IllegalArgumentException("no redirect \"" + text + "\": bpf, forward or none");
    }
}
