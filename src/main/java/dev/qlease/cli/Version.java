package dev.qlease.cli;

import java.util.Optional;

/** The version of qlease. */
final class Version {
    private Version() {}

    /** Returns the version as {@code --version} prints it. */
    static String text() {
        String version = Optional.ofNullable(Version.class.getModule().getDescriptor())
                .flatMap(descriptor -> descriptor.rawVersion())
                .orElse("(not packaged)");
        return "qlease " + version;
    }
}
