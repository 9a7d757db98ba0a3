package dev.qlease.node.dra;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.ops.FileNode;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Collection;

/** Writes fields that were read from JSON as JSON again. */
final class FieldsJson {
    private static final JsonFactory JSON = new JsonFactory();

    private FieldsJson() {}

    static String text(Collection<FileNode.Member> members) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            write(json, members);
        } catch (IOException e) {
            throw new IllegalStateException("a StringWriter fails", e);
        }
        return text.toString();
    }

    private static void write(JsonGenerator json, Collection<FileNode.Member> members) throws IOException {
        json.writeStartObject();
        for (FileNode.Member member : members) {
            json.writeFieldName(member.key());
            write(json, member.value());
        }
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, FileNode node) throws IOException {
        switch (node) {
            case FileNode.Members map -> write(json, map.members());
            case FileNode.Items list -> {
                json.writeStartArray();
                for (FileNode item : list.items()) {
                    write(json, item);
                }
                json.writeEndArray();
            }
            case FileNode.Scalar scalar -> {
                if (scalar.plain()) {
                    json.writeRawValue(scalar.text());
                } else {
                    json.writeString(scalar.text());
                }
            }
        }
    }
}
