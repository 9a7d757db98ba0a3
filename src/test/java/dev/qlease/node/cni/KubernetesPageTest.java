package dev.qlease.node.cni;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.qlease.ops.LeaseTemplate;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The documentation's networks are accepted, and its tables are complete. */
class KubernetesPageTest {
    private static final Path PAGE = Path.of("src/docs/kubernetes.md");
    private static final Pattern EXAMPLE = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL);
    private static final Pattern CODE = Pattern.compile("(?m)^\\| ([0-9]+) \\| (.*) \\|$");

    private static String page() throws IOException {
        return Files.readString(PAGE);
    }

    /** The configurations that an engine passes to this plugin, of a network as a file describes it. */
    private static List<String> requests(String network) throws IOException {
        List<String> requests = new ArrayList<>();
        String head = "";
        int plugins = 0;
        try (JsonParser json = new JsonFactory().createParser(network)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                json.nextToken();
                if (!name.equals("plugins")) {
                    head += "\"" + name + "\": \"" + json.getText() + "\", ";
                    continue;
                }
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    String plugin = copy(json);
                    if (plugin.contains("\"type\":\"qlease-cni\"")) {
                        String previous = plugins == 0 ? "" : "\"prevResult\": {}, ";
                        requests.add("{" + head + previous + plugin.substring(1));
                    }
                    plugins++;
                }
            }
        }
        return requests;
    }

    private static String copy(JsonParser json) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator copy = new JsonFactory().createGenerator(text)) {
            copy.copyCurrentStructure(json);
        }
        return text.toString();
    }

    @Test
    void itsNetworksAreAccepted() throws IOException {
        List<String> requests = new ArrayList<>();
        for (MatchResult example : EXAMPLE.matcher(page()).results().toList()) {
            requests.addAll(requests(example.group(1)));
        }
        assertThat(requests).hasSize(2).allSatisfy(request -> {
            byte[] bytes = request.getBytes(StandardCharsets.UTF_8);
            LeaseTemplate lease = NetworkConfig.parse(bytes, Operation.ADD).lease();
            assertThat(lease.guest().isPresent()).isEqualTo(request.contains("prevResult"));
        });
    }

    @Test
    void itHasAllCodes() throws IOException {
        List<String> rows = CODE.matcher(page())
                .results()
                .map(row -> row.group(1) + " " + row.group(2))
                .toList();
        assertThat(rows)
                .isEqualTo(Arrays.stream(CniCode.values())
                        .map(code -> code.number() + " " + code.meaning())
                        .toList());
    }

    @Test
    void itHasAllFieldsAndVersions() throws IOException {
        assertThat(LeaseTemplate.FIELDS).allSatisfy(field -> assertThat(page()).contains("`" + field + "`"));
        assertThat(CniVersion.texts()).allSatisfy(version -> assertThat(page()).contains(version));
    }
}
