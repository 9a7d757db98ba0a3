package dev.qlease.net;

import dev.qlease.linux.NetworkNamespace;
import java.io.Serial;

/** A named device that does not exist in a network namespace. */
public final class NoSuchLinkException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final String device;

    NoSuchLinkException(String device, NetworkNamespace namespace) {
        super("no device \"" + device + "\" in network namespace " + namespace);
        this.device = device;
    }

    /** Returns the device as the caller named it. */
    public String device() {
        return device;
    }
}
