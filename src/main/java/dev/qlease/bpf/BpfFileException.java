package dev.qlease.bpf;

import java.io.Serial;

/** A file or directory of the BPF file system that qlease refuses to use because it did not create it that way. */
public final class BpfFileException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    BpfFileException(String message) {
        super(message);
    }
}
