package dev.qlease.ops;

import java.util.List;

/** A value in a file, with its position. */
public sealed interface FileNode {
    /** Returns where it begins. */
    Position position();

    /** Returns what it is, for error messages. */
    String kind();

    /**
     * A scalar.
     *
     * @param text its text
     * @param plain whether it is not quoted, so that it can be a number, a boolean or null
     */
    record Scalar(Position position, String text, boolean plain) implements FileNode {
        private static final int LONGEST_SHOWN = 60;

        /** Returns whether it is null in YAML or JSON. */
        public boolean isNull() {
            return plain && List.of("", "~", "null", "Null", "NULL").contains(text);
        }

        /** Returns whether it is true or false. */
        public boolean isBoolean() {
            return plain && text.matches("true|True|TRUE|false|False|FALSE");
        }

        /** Returns whether it is a number in the core schema of YAML 1.2. */
        public boolean isNumber() {
            return plain
                    && text.matches("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
                            + "|[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\\.(inf|Inf|INF)"
                            + "|\\.(nan|NaN|NAN)");
        }

        @Override
        public String kind() {
            if (isNull()) {
                return "empty";
            }
            String shown = text.length() > LONGEST_SHOWN ? text.substring(0, LONGEST_SHOWN) + "..." : text;
            return isBoolean() || isNumber() ? shown : "\"" + shown + "\"";
        }
    }

    /** A list. */
    record Items(Position position, List<FileNode> items) implements FileNode {
        @Override
        public String kind() {
            return "a list";
        }
    }

    /** A map, in the order of the file; keys may be duplicate. */
    record Members(Position position, List<Member> members) implements FileNode {
        @Override
        public String kind() {
            return "a map";
        }
    }

    /** A key and its value. */
    record Member(Position position, String key, FileNode value) {}
}
