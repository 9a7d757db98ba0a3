package dev.qlease.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.json.RecordWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MonitorTest {
    @Test
    void missedEventsAreAnObjectThatNamesTheFamily() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            RecordWriter.brief(json, _ -> Optional.empty()).write(new Monitor.Missed("netdev"));
        }
        assertThat(text).hasToString("{\"family\":\"netdev\"}");
    }
}
