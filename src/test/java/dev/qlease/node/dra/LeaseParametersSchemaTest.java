package dev.qlease.node.dra;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.ops.FileNode;
import dev.qlease.ops.JsonNodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LeaseParametersSchemaTest {
    private static final Path SCHEMA = Path.of("src/deploy/kubernetes/lease-parameters.schema.json");
    private static final Path SCHEMA_OF_FILES = Path.of("src/main/dist/share/qlease/qlease.schema.json");
    private static final List<String> OWN = List.of("apiVersion", "kind", ClaimParameters.MEMORY);

    private static FileNode read(Path file) throws IOException {
        return JsonNodes.parse("schema", Files.readAllBytes(file));
    }

    private static Map<String, FileNode> members(FileNode node, String... path) {
        FileNode found = node;
        for (String name : path) {
            found = members(found).get(name);
        }
        return ((FileNode.Members) found)
                .members().stream().collect(Collectors.toMap(FileNode.Member::key, FileNode.Member::value));
    }

    @Test
    void aDeviceClassCanHaveTheFieldsOfTheSchemaAndNoOthers() throws IOException {
        List<String> fields = new ArrayList<>(ClaimParameters.OF_CLASSES);
        fields.addAll(List.of("apiVersion", "kind"));
        assertThat(members(read(SCHEMA), "properties")).containsOnlyKeys(fields);
        assertThat(ClaimParameters.OF_CLASSES).containsAll(ClaimParameters.OF_CLAIMS);
    }

    @Test
    void theFieldsOfALeaseAreAsInFiles() throws IOException {
        Map<String, FileNode> ofFiles =
                members(read(SCHEMA_OF_FILES), "properties", "leases", "additionalProperties", "properties");
        members(read(SCHEMA), "properties").forEach((field, schema) -> {
            if (!OWN.contains(field)) {
                assertThat(schema).as(field).isEqualTo(ofFiles.get(field));
            }
        });
    }

    @Test
    void theKindIsTheOneThatIsRequired() throws IOException {
        Map<String, FileNode> properties = members(read(SCHEMA), "properties");
        assertThat(members(properties.get("apiVersion")).get("const").kind())
                .isEqualTo("\"" + ClaimParameters.API_VERSION + "\"");
        assertThat(members(properties.get("kind")).get("const").kind()).isEqualTo("\"" + ClaimParameters.KIND + "\"");
    }
}
