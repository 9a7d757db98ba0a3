package dev.qlease.node.cni;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The versions of the specification that are supported, in their order. Those before 0.3.0 have results with one
 * address of each family, and none about interfaces.
 */
enum CniVersion {
    V0_3_0("0.3.0"),
    V0_3_1("0.3.1"),
    V0_4_0("0.4.0"),
    V1_0_0("1.0.0"),
    V1_1_0("1.1.0");

    static final CniVersion LATEST = V1_1_0;

    private final String text;

    CniVersion(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }

    static Optional<CniVersion> find(String text) {
        return Arrays.stream(values())
                .filter(version -> version.text.equals(text))
                .findFirst();
    }

    /** Returns all versions, the oldest first. */
    static List<String> texts() {
        return Arrays.stream(values()).map(CniVersion::text).toList();
    }

    boolean isAtLeast(CniVersion other) {
        return compareTo(other) >= 0;
    }
}
