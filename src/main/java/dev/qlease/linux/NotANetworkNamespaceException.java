package dev.qlease.linux;

import java.io.Serial;
import java.nio.file.Path;

/**
 * A file that is not a network namespace where one is required: an ordinary file, such as the one that a lost mount
 * leaves below /run/netns, a directory, a FIFO, a device or a namespace of another kind.
 */
public final class NotANetworkNamespaceException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient Path path;

    NotANetworkNamespaceException(Path path, String name) {
        super(name + " is no network namespace");
        this.path = path;
    }

    /** Returns the file. */
    public Path path() {
        return path;
    }
}
