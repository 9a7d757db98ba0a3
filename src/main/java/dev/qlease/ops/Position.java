package dev.qlease.ops;

/**
 * A position in a file.
 *
 * @param file the file, as it was named; {@code -} for standard input
 * @param line the line, from 1; 0 for a text that is no file, whose lines mean nothing
 * @param column the column in characters, from 1
 */
public record Position(String file, int line, int column) {
    @Override
    public String toString() {
        return line == 0 ? file : file + ":" + line + ":" + column;
    }
}
