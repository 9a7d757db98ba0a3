package dev.qlease.ops;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Parses JSON that programs have written, strictly: one value of bounded size and depth, and nothing after it. */
public final class JsonNodes {
    /** The maximum size in bytes. */
    public static final int LARGEST = FileParser.LARGEST;

    private static final int DEEPEST = 64;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxStringLength(LARGEST)
                    .build())
            .build();

    private final Position position;
    private final JsonParser json;

    private JsonNodes(Position position, JsonParser json) {
        this.position = position;
        this.json = json;
    }

    /**
     * Parses a value.
     *
     * @param source what it is, for messages
     * @throws InvalidFileException if it is no JSON, or too large or nested too deeply
     */
    public static FileNode parse(String source, byte[] bytes) {
        if (bytes.length > LARGEST) {
            throw new InvalidFileException(source + ": it exceeds " + LARGEST + " bytes");
        }
        try (JsonParser json = JSON.createParser(bytes)) {
            if (json.nextToken() == null) {
                throw new InvalidFileException(source + ": it is empty");
            }
            FileNode node = new JsonNodes(new Position(source, 0, 0), json).node();
            if (json.nextToken() != null) {
                throw new InvalidFileException(source + ": there is text after the end of the JSON value");
            }
            return node;
        } catch (JacksonException e) {
            String place = e.getLocation() == null
                    ? ""
                    : " in line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw new InvalidFileException(source + ": invalid JSON" + place + ": "
                    + e.getOriginalMessage().lines().findFirst().orElse(""));
        } catch (IOException e) {
            throw new InvalidFileException(source + ": invalid JSON: " + e.getMessage());
        }
    }

    private FileNode node() throws IOException {
        return switch (json.currentToken()) {
            case START_OBJECT -> members();
            case START_ARRAY -> items();
            case VALUE_STRING -> new FileNode.Scalar(position, json.getText(), false);
            default -> new FileNode.Scalar(position, json.getText(), true);
        };
    }

    private FileNode members() throws IOException {
        List<FileNode.Member> members = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            members.add(new FileNode.Member(position, name, node()));
        }
        return new FileNode.Members(position, members);
    }

    private FileNode items() throws IOException {
        List<FileNode> items = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            items.add(node());
        }
        return new FileNode.Items(position, items);
    }
}
