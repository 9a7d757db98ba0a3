package dev.qlease.node.dra;

import dev.qlease.json.RecordWriter;
import dev.qlease.lease.state.StateDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * The gates of claims: a file for each device, which exists only while its queues are leased. The OCI runtime mounts it
 * into the container, and cannot start the container without it. The file tells the container about its device.
 */
final class Gates {
    /** The directory of the files on the host. */
    static final Path ROOT = Path.of("/run/qlease/gates");

    /** The directory of the files in containers. */
    static final Path IN_CONTAINERS = Path.of("/run/qlease/queues");

    private final StateDirectory parent;
    private final StateDirectory directory;

    Gates(Path root) {
        this.parent = directory(Objects.requireNonNull(root.getParent()));
        this.directory = directory(root);
    }

    private static StateDirectory directory(Path path) {
        return new StateDirectory(path, StateDirectory.READABLE, DraException::new);
    }

    /** Returns the path of a gate on the host. */
    Path path(String device) {
        return directory.path().resolve(device);
    }

    void open(String device, ShareLeases.Attached attached) {
        parent.create();
        directory.create();
        directory.write(device, RecordWriter.text(attached));
    }

    boolean isOpen(String device) {
        return directory.read(device).isPresent();
    }

    void close(String device) {
        directory.remove(device);
    }

    /** Returns the devices whose gates are open. */
    List<String> openGates() {
        return directory.names();
    }
}
