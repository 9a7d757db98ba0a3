package dev.qlease.cli;

import java.util.Optional;

/** Which qlease this is. */
final class Version {
    private Version() {}

    /** As {@code --version} prints it. */
    static String text() {
        String version = Optional.ofNullable(Version.class.getModule().getDescriptor())
                .flatMap(descriptor -> descriptor.rawVersion())
                .orElse("(not packaged)");
        return "qlease " + version;
    }
}
