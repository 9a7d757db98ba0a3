package dev.qlease.node.dra;

import dev.qlease.json.RecordReader;
import dev.qlease.json.RecordWriter;
import dev.qlease.lease.state.StateDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The prepared claims in files that only root may read. They are lost with a reboot, as are the leases: kubelet then
 * prepares claims again.
 */
final class ClaimStore {
    /** The directory of the files. */
    static final Path ROOT = Path.of("/run/qlease/claims");

    private static final String SUFFIX = ".json";

    private final StateDirectory parent;
    private final StateDirectory directory;

    ClaimStore(Path root) {
        this.parent = directory(Objects.requireNonNull(root.getParent()), StateDirectory.READABLE);
        this.directory = directory(root, StateDirectory.PRIVATE);
    }

    private static StateDirectory directory(Path path, int mode) {
        return new StateDirectory(path, mode, DraException::new);
    }

    /**
     * Returns all claims.
     *
     * @param problems receives a sentence for each file that is not that of a claim
     */
    List<PreparedClaim> read(Consumer<String> problems) {
        List<PreparedClaim> claims = new ArrayList<>();
        for (String file : directory.names()) {
            if (!file.endsWith(SUFFIX)) {
                continue;
            }
            try {
                String text = directory.read(file).orElse("");
                PreparedClaim claim = RecordReader.read(PreparedClaim.class, text);
                if (!file(claim.uid()).equals(file)) {
                    throw new IOException("it is of claim " + claim.uid());
                }
                claims.add(claim);
            } catch (IOException | RuntimeException e) {
                problems.accept(
                        directory.path().resolve(file) + " is not the file of a prepared claim: " + e.getMessage());
            }
        }
        return claims;
    }

    void write(PreparedClaim claim) {
        parent.create();
        directory.create();
        directory.write(file(claim.uid()), RecordWriter.text(claim));
    }

    void remove(String uid) {
        directory.remove(file(uid));
    }

    private static String file(String uid) {
        return uid + SUFFIX;
    }
}
