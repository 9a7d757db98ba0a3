package dev.qlease.ops;

import dev.qlease.linux.sys.KernelText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Absolute paths to watch, which need not exist.
 *
 * @param parts what the names on the way are, from the root on
 */
record PathPattern(List<Part> parts) {
    PathPattern {
        parts = List.copyOf(parts);
    }

    /**
     * A name on the way.
     *
     * @param name the name, or its beginning
     * @param exact whether it is the whole name
     */
    record Part(String name, boolean exact) {
        /** Returns whether this is such a name. */
        boolean matches(String other) {
            return exact ? other.equals(name) : other.startsWith(name);
        }
    }

    /** Returns the pattern of one path; a relative one is below the working directory. */
    static PathPattern of(Path path) {
        List<Part> parts = new ArrayList<>();
        path.toAbsolutePath().normalize().forEach(part -> parts.add(new Part(KernelText.text(part), true)));
        return new PathPattern(parts);
    }

    /** Returns this pattern and a name below that begins with {@code beginning}; empty for all names. */
    PathPattern below(String beginning) {
        List<Part> longer = new ArrayList<>(parts);
        longer.add(new Part(beginning, false));
        return new PathPattern(longer);
    }

    /** Returns this pattern and a path below. */
    PathPattern then(String path) {
        List<Part> longer = new ArrayList<>(parts);
        Path.of(path).forEach(part -> longer.add(new Part(KernelText.text(part), true)));
        return new PathPattern(longer);
    }
}
