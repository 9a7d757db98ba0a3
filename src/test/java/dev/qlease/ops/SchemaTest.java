package dev.qlease.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The schema that editors use has the fields that are read, and the documentation shows files that can be read. */
class SchemaTest {
    private static final Path SCHEMA = Path.of("src/main/dist/share/qlease/qlease.schema.json");
    private static final Pattern EXAMPLE = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

    /** The names of the members of each object that is called properties, in the order of the file. */
    private static List<List<String>> properties() throws IOException {
        List<List<String>> found = new ArrayList<>();
        try (JsonParser json = new JsonFactory().createParser(Files.readString(SCHEMA))) {
            collect(json, found);
        }
        return found;
    }

    private static void collect(JsonParser json, List<List<String>> found) throws IOException {
        List<List<String>> open = new ArrayList<>();
        List<Boolean> isProperties = new ArrayList<>();
        boolean next = false;
        for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
            switch (token) {
                case FIELD_NAME -> {
                    if (isProperties.getLast()) {
                        open.getLast().add(json.currentName());
                    }
                    next = json.currentName().equals("properties") && !isProperties.getLast();
                }
                case START_OBJECT -> {
                    open.add(new ArrayList<>());
                    isProperties.add(next);
                    next = false;
                }
                case END_OBJECT -> {
                    if (isProperties.removeLast()) {
                        found.add(open.getLast());
                    }
                    open.removeLast();
                }
                default -> next = false;
            }
        }
    }

    @Test
    void itHasTheFieldsThatAreRead() throws IOException {
        List<String> leaseFields =
                Arrays.stream(LeaseField.values()).map(LeaseField::text).toList();
        assertThat(properties())
                .containsExactlyInAnyOrder(
                        List.of("leases", "nics"),
                        leaseFields,
                        NicReader.FIELDS,
                        NicReader.SELECTORS,
                        LeaseReader.CONTAINER_FIELDS);
    }

    @Test
    void theExamplesOfTheDocumentationAreValid() throws IOException {
        Matcher examples = EXAMPLE.matcher(Files.readString(Path.of("src/docs/operating.md")));
        int count = 0;
        while (examples.find()) {
            assertThat(StateFilesTest.read(examples.group(1))).isNotEmpty();
            count++;
        }
        assertThat(count).isPositive();
    }
}
