package dev.qlease.cli;

import java.util.Optional;

/** The version of qlease. */
final class Version {
    private Version() {}

    /** Returns the version as {@code --version} prints it. */
    static String text() {
        return "qlease " + number();
    }

    /** Returns the version alone. */
    static String number() {
        return Optional.ofNullable(Version.class.getModule().getDescriptor())
                .flatMap(descriptor -> descriptor.rawVersion())
                .orElse("(not packaged)");
    }
}
