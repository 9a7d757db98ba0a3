package dev.qlease.node.cni;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a plugin is invoked for. */
enum Operation {
    ADD(CniVersion.V0_3_0, true),
    DEL(CniVersion.V0_3_0, true),
    CHECK(CniVersion.V0_4_0, true),
    GC(CniVersion.V1_1_0, false),
    STATUS(CniVersion.V1_1_0, false),
    VERSION(CniVersion.V0_3_0, false);

    private final CniVersion since;
    private final boolean ofAttachment;

    Operation(CniVersion since, boolean ofAttachment) {
        this.since = since;
        this.ofAttachment = ofAttachment;
    }

    /** Returns the first version that has it. */
    CniVersion since() {
        return since;
    }

    /** Returns whether it is about one container and interface. */
    boolean isOfAttachment() {
        return ofAttachment;
    }

    static Optional<Operation> find(String text) {
        return Arrays.stream(values())
                .filter(operation -> operation.name().equals(text))
                .findFirst();
    }

    static String all() {
        return Arrays.stream(values()).map(Operation::name).collect(Collectors.joining(", "));
    }
}
