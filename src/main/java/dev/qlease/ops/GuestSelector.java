package dev.qlease.ops;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.KernelText;
import java.nio.file.InvalidPathException;
import java.util.List;

/** How a file names the network namespace of a guest. */
sealed interface GuestSelector {
    /** Returns the files that are created or deleted with the namespace; none for those below /proc. */
    List<PathPattern> patterns();

    /**
     * A namespace by name, path or PID.
     *
     * @param text as for the option --netns
     */
    record Netns(String text) implements GuestSelector {
        @Override
        public List<PathPattern> patterns() {
            try {
                return List.of(PathPattern.of(
                        text.indexOf('/') >= 0
                                ? KernelText.path(text)
                                : NetworkNamespace.NAMES.resolve(KernelText.path(text))));
            } catch (InvalidPathException e) {
                return List.of();
            }
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * A container.
     *
     * @param engine the engine that runs it
     * @param id its id, or the beginning of its id
     */
    record Container(ContainerEngine engine, String id) implements GuestSelector {
        @Override
        public List<PathPattern> patterns() {
            return engine.patterns(id);
        }

        @Override
        public String toString() {
            return engine.text() + " container " + id;
        }
    }
}
