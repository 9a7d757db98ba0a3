package dev.qlease.ops;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Parses one document of YAML 1.2, of which JSON is a part, without what files of wanted state do not need: anchors,
 * aliases, tags and deep nesting. Their sizes are bounded, whatever the file contains.
 */
final class FileParser {
    /** More than any sensible file, so that others are refused before they are parsed. */
    static final int LARGEST = 1 << 20;

    private static final int DEEPEST = 16;

    private final String file;
    private final Iterator<Event> events;
    private int depth;

    private FileParser(String file, String text) {
        this.file = file;
        LoadSettings settings =
                LoadSettings.builder().setCodePointLimit(LARGEST).setLabel(file).build();
        this.events = new ParserImpl(settings, new StreamReader(settings, text));
    }

    /**
     * Parses the contents of a file.
     *
     * @throws InvalidFileException if it is not a single document in the supported part of YAML
     */
    static FileNode parse(String file, byte[] bytes) {
        if (bytes.length > LARGEST) {
            throw new InvalidFileException(
                    file + ": the file exceeds " + LARGEST + " bytes, the limit for these files");
        }
        String text = decode(file, bytes);
        try {
            return new FileParser(file, text).document();
        } catch (MarkedYamlEngineException e) {
            Position position = e.getProblemMark()
                    .or(e::getContextMark)
                    .map(mark -> position(file, mark))
                    .orElse(new Position(file, 1, 1));
            throw new InvalidFileException(position + ": invalid YAML: " + e.getProblem());
        } catch (ReaderException e) {
            throw new InvalidFileException(positionOf(file, text, e.getPosition()) + ": character U+"
                    + String.format("%04X", e.getCodePoint()) + " is not allowed in YAML; write it as an escape in"
                    + " double quotes");
        } catch (YamlEngineException e) {
            throw new InvalidFileException(file + ": invalid YAML: " + e.getMessage());
        }
    }

    private static String decode(String file, byte[] bytes) {
        CharBuffer text = CharBuffer.allocate(bytes.length);
        ByteBuffer left = ByteBuffer.wrap(bytes);
        CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(left, text, true);
        text.flip();
        String decoded = text.toString();
        if (result.isError()) {
            throw new InvalidFileException(positionOf(file, decoded, decoded.codePointCount(0, decoded.length()))
                    + ": the file is not valid UTF-8: byte 0x"
                    + Integer.toHexString(left.get(left.position()) & 0xff));
        }
        return decoded.startsWith("\ufeff") ? decoded.substring(1) : decoded;
    }

    private static Position positionOf(String file, String text, int codePoints) {
        int end = text.offsetByCodePoints(0, Math.min(codePoints, text.codePointCount(0, text.length())));
        String before = text.substring(0, end);
        int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
        return new Position(file, line, end - before.lastIndexOf('\n'));
    }

    private static Position position(String file, Mark mark) {
        return new Position(file, mark.getLine() + 1, mark.getColumn() + 1);
    }

    private Position position(Event event) {
        return event.getStartMark().map(mark -> position(file, mark)).orElse(new Position(file, 1, 1));
    }

    private FileNode document() {
        Event event = events.next();
        while (event.getEventId() == Event.ID.StreamStart) {
            event = events.next();
        }
        if (event.getEventId() == Event.ID.StreamEnd) {
            throw new InvalidFileException(file + ": the file is empty; it needs a map with the field leases");
        }
        FileNode root = node(events.next());
        events.next();
        Event next = events.next();
        if (next.getEventId() != Event.ID.StreamEnd) {
            throw new InvalidFileException(
                    position(next) + ": a second document begins here; write one document in each file");
        }
        return root;
    }

    private FileNode node(Event event) {
        Position position = position(event);
        check(event, position);
        return switch (event) {
            case ScalarEvent scalar -> new FileNode.Scalar(position, scalar.getValue(), scalar.isPlain());
            case CollectionStartEvent start -> {
                depth++;
                if (depth > DEEPEST) {
                    throw new InvalidFileException(
                            position + ": nested more than " + DEEPEST + " levels deep; no field is nested so deeply");
                }
                FileNode node = start.getEventId() == Event.ID.MappingStart ? members(position) : items(position);
                depth--;
                yield node;
            }
            default -> throw new IllegalStateException("unexpected event " + event);
        };
    }

    private void check(Event event, Position position) {
        if (event instanceof AliasEvent) {
            throw new InvalidFileException(position + ": aliases are not supported; repeat the value");
        }
        if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
            throw new InvalidFileException(position + ": anchors are not supported; remove &"
                    + node.getAnchor().get());
        }
        Optional<String> tag = switch (event) {
            case ScalarEvent scalar -> scalar.getTag();
            case CollectionStartEvent start -> start.getTag();
            default -> Optional.empty();
        };
        if (tag.isPresent()) {
            throw new InvalidFileException(position + ": tags are not supported; remove " + tag.get());
        }
    }

    private FileNode items(Position position) {
        List<FileNode> items = new ArrayList<>();
        for (Event event = events.next(); event.getEventId() != Event.ID.SequenceEnd; event = events.next()) {
            items.add(node(event));
        }
        return new FileNode.Items(position, items);
    }

    private FileNode members(Position position) {
        List<FileNode.Member> members = new ArrayList<>();
        for (Event event = events.next(); event.getEventId() != Event.ID.MappingEnd; event = events.next()) {
            FileNode key = node(event);
            if (!(key instanceof FileNode.Scalar scalar)) {
                throw new InvalidFileException(key.position() + ": a key is " + key.kind() + "; write a name");
            }
            members.add(new FileNode.Member(scalar.position(), scalar.text(), node(events.next())));
        }
        return new FileNode.Members(position, members);
    }
}
