package dev.qlease.ops;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * Reads the values of fields, and collects what is wrong with them: a sentence each that names the position, the field,
 * the value and what is allowed.
 */
public final class FieldValues {
    private static final String MANY = "a list of ";

    private final List<String> problems = new ArrayList<>();

    /** Returns what is wrong so far, each as a sentence. The list grows. */
    public List<String> problems() {
        return problems;
    }

    /** Adds what is wrong with a field. */
    public void problem(Position position, String field, String sentence) {
        problems.add(position + ": " + field + ": " + sentence);
    }

    private void notAllowed(FileNode node, String field, String allowed) {
        problem(node.position(), field, node.kind() + " is not allowed; give " + allowed);
    }

    /** Returns the members of a map, without duplicates; empty if it is no map. */
    public Optional<Map<String, FileNode.Member>> members(FileNode node, String field, String allowed) {
        if (!(node instanceof FileNode.Members map)) {
            notAllowed(node, field, allowed);
            return Optional.empty();
        }
        Map<String, FileNode.Member> members = new LinkedHashMap<>();
        for (FileNode.Member member : map.members()) {
            FileNode.Member first = members.putIfAbsent(member.key(), member);
            if (first != null) {
                problem(
                        member.position(),
                        inside(field, member.key()),
                        "the key is given twice, first in line "
                                + first.position().line());
            }
        }
        return Optional.of(members);
    }

    /** Reports all members whose names are not among {@code names}. */
    public void requireKnown(Map<String, FileNode.Member> members, String field, List<String> names) {
        members.values().stream()
                .filter(member -> !names.contains(member.key()))
                .forEach(member -> problem(
                        member.position(),
                        inside(field, member.key()),
                        "unknown field; the fields here are " + String.join(", ", names)));
    }

    /** Returns the name of a field in another one, for messages. */
    public static String inside(String field, String name) {
        return field.isEmpty() ? name : field + "." + name;
    }

    /** Returns a text that is no number, boolean or null. */
    public Optional<String> text(FileNode node, String field, String allowed) {
        if (node instanceof FileNode.Scalar scalar
                && !scalar.isNull()
                && !scalar.isBoolean()
                && !scalar.isNumber()
                && !scalar.text().isEmpty()) {
            return Optional.of(scalar.text());
        }
        notAllowed(node, field, allowed);
        return Optional.empty();
    }

    /** Returns a text, which may look like a number, as a PID or a container's id does. */
    Optional<String> textOrNumber(FileNode node, String field, String allowed) {
        return node instanceof FileNode.Scalar scalar && scalar.isNumber()
                ? Optional.of(scalar.text())
                : text(node, field, allowed);
    }

    private static boolean isDecimal(String text) {
        return text.matches("[0-9]{1,18}");
    }

    /** Returns one of these words. */
    public Optional<String> word(FileNode node, String field, List<String> words) {
        if (node instanceof FileNode.Scalar scalar && words.contains(scalar.text())) {
            return Optional.of(scalar.text());
        }
        notAllowed(node, field, String.join(" or ", words));
        return Optional.empty();
    }

    /** Returns a boolean; false if it is none. */
    public boolean flag(FileNode node, String field) {
        if (node instanceof FileNode.Scalar scalar && scalar.isBoolean()) {
            return Boolean.parseBoolean(scalar.text());
        }
        notAllowed(node, field, "true or false");
        return false;
    }

    /** Returns a number in a range; empty if it is none. */
    public OptionalInt number(FileNode node, String field, int least, int most) {
        return number(node, field, least, most, "");
    }

    /** As {@link #number(FileNode, String, int, int)}; {@code or} says what else is allowed. */
    OptionalInt number(FileNode node, String field, int least, int most, String or) {
        if (node instanceof FileNode.Scalar scalar && scalar.plain() && isDecimal(scalar.text())) {
            long number = Long.parseLong(scalar.text());
            if (number >= least && number <= most) {
                return OptionalInt.of((int) number);
            }
        }
        notAllowed(node, field, "a number from " + least + " to " + most + or);
        return OptionalInt.empty();
    }

    List<Integer> numbers(FileNode node, String field, int least, int most) {
        return list(node, field, MANY + "numbers from " + least + " to " + most, each -> {
            OptionalInt number = number(each, field, least, most);
            return number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
        });
    }

    /** Returns a list of distinct values. */
    public <T> List<T> list(FileNode node, String field, String allowed, Function<FileNode, Optional<T>> element) {
        if (!(node instanceof FileNode.Items items) || items.items().isEmpty()) {
            notAllowed(node, field, allowed);
            return List.of();
        }
        List<T> values = new ArrayList<>();
        Set<T> seen = new HashSet<>();
        for (FileNode item : items.items()) {
            element.apply(item).ifPresent(value -> {
                if (!seen.add(value)) {
                    problem(item.position(), field, value + " is given twice");
                }
                values.add(value);
            });
        }
        return values;
    }

    /** Returns the texts of a list, each as {@code parse} understands it. */
    public List<String> parsed(FileNode node, String field, String allowed, Function<String, String> parse) {
        Map<String, String> known = new HashMap<>();
        return list(
                node,
                field,
                MANY + allowed,
                each -> text(each, field, allowed).flatMap(text -> {
                    try {
                        return Optional.of(known.computeIfAbsent(text, parse));
                    } catch (IllegalArgumentException e) {
                        problem(each.position(), field, e.getMessage() + "; give " + allowed);
                        return Optional.empty();
                    }
                }));
    }
}
