package dev.qlease.ops;

import java.io.Serial;
import java.util.List;

/** Thrown if files of wanted state are invalid. Nothing was changed. */
public final class InvalidFileException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient List<String> problems;

    /** @param problems the problems, each as a sentence that begins with its position; at least one */
    InvalidFileException(List<String> problems) {
        super(problems.getFirst());
        this.problems = List.copyOf(problems);
    }

    InvalidFileException(String problem) {
        this(List.of(problem));
    }

    /** Returns all problems, each as a sentence that begins with its position. */
    public List<String> problems() {
        return problems;
    }
}
