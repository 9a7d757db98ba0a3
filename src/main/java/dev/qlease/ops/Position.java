package dev.qlease.ops;

/**
 * A position in a file.
 *
 * @param file the file, as it was named; {@code -} for standard input
 * @param line the line, from 1
 * @param column the column in characters, from 1
 */
public record Position(String file, int line, int column) {
    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}
