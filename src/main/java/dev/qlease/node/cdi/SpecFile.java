package dev.qlease.node.cdi;

import dev.qlease.lease.state.StateDirectory;
import dev.qlease.linux.sys.KernelText;
import dev.qlease.node.cdi.CdiException.Reason;
import dev.qlease.ops.FileNode;
import dev.qlease.ops.InvalidFileException;
import dev.qlease.ops.JsonNodes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A file with a specification, which engines read and whose hooks they run as root: in a directory that only root may
 * write to. It is replaced by renaming, so that an engine reads either the old file or the new one.
 */
public final class SpecFile {
    /** Where engines look for specifications. */
    public static final Path DEFAULT = Path.of("/etc/cdi/qlease.json");

    private static final List<String> READ_BY_ENGINES = List.of(".json", ".yaml");

    private final String name;
    private final String shown;
    private final StateDirectory directory;

    /**
     * @param path the file; JSON, whatever its name
     * @throws CdiException if it can be no file
     */
    public SpecFile(Path path) {
        Path file = path.toAbsolutePath().normalize();
        Path parent = file.getParent();
        if (parent == null) {
            throw new CdiException(Reason.INVALID, "--out is " + KernelText.text(path) + "; give the name of a file");
        }
        this.name = KernelText.text(file.getFileName());
        this.shown = KernelText.text(file);
        this.directory = new StateDirectory(
                parent,
                StateDirectory.READABLE,
                sentence -> new CdiException(
                        Reason.FAILED,
                        sentence + "; or give --out another file, whose directory only root can write to"));
    }

    /** Returns whether engines read a file of this name. */
    public boolean isReadByEngines() {
        return READ_BY_ENGINES.stream().anyMatch(name::endsWith);
    }

    /**
     * Creates the file, or replaces one that {@code qlease cdi generate} has written. Creates its directory if needed.
     *
     * @throws CdiException if another program has written the file, or other users can write to it or its directory
     * @throws dev.qlease.linux.LinuxException if the file cannot be written
     */
    public void write(CdiSpec spec) {
        directory.create();
        if (directory.read(name).filter(text -> !isOurs(text)).isPresent()) {
            throw new CdiException(
                    Reason.FAILED,
                    shown + " is not a file of qlease cdi generate, and was left as it is; delete it, or give --out"
                            + " another file");
        }
        directory.write(name, spec.json());
    }

    private static boolean isOurs(String text) {
        try {
            return JsonNodes.parse("file", text.getBytes(StandardCharsets.UTF_8)) instanceof FileNode.Members fields
                    && fields.members().stream()
                            .anyMatch(member -> member.key().equals("kind")
                                    && member.value() instanceof FileNode.Scalar kind
                                    && kind.text().equals(CdiSpec.KIND));
        } catch (InvalidFileException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return shown;
    }
}
