package dev.qlease.node.dra;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.qlease.lease.state.StateDirectory;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The specifications of the Container Device Interface (CDI) for prepared claims, a file for each claim. A container
 * with a device gets the gate of the device's lease, the socket of the node's agent, and the device nodes for memory.
 */
final class ClaimDevices {
    /** The kind of the devices, vendor and class. */
    static final String KIND = DraDriver.NAME + "/claim";

    /** The oldest version with all that is used here, so that engines of all versions accept it. */
    private static final String VERSION = "0.5.0";

    private static final String PREFIX = DraDriver.NAME + "-claim-";
    private static final String SUFFIX = ".json";
    private static final JsonFactory ASCII =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private final StateDirectory directory;
    private final Gates gates;
    private final Path agent;

    /**
     * @param directory where the engine looks for specifications
     * @param agent the directory of the agent's socket
     */
    ClaimDevices(Path directory, Gates gates, Path agent) {
        this.directory = new StateDirectory(directory, StateDirectory.READABLE, DraException::new);
        this.gates = gates;
        this.agent = agent;
    }

    /** Returns the id by which kubelet asks the engine for one of the claim's devices. */
    static String id(PreparedClaim claim, int share) {
        return KIND + "=" + claim.deviceName(share);
    }

    void write(PreparedClaim claim) {
        directory.create();
        directory.write(file(claim.uid()), json(claim));
    }

    void remove(String uid) {
        directory.remove(file(uid));
    }

    /** Returns the uids of the claims that have a specification. */
    List<String> uids() {
        return directory.names().stream()
                .filter(name -> name.startsWith(PREFIX) && name.endsWith(SUFFIX))
                .map(name -> name.substring(PREFIX.length(), name.length() - SUFFIX.length()))
                .toList();
    }

    private static String file(String uid) {
        return PREFIX + uid + SUFFIX;
    }

    String json(PreparedClaim claim) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = ASCII.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("cdiVersion", VERSION);
            json.writeStringField("kind", KIND);
            json.writeArrayFieldStart("devices");
            for (int share : IntStream.range(0, claim.shares().size()).toArray()) {
                device(json, claim, share);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("a StringWriter fails", e);
        }
        return text + "\n";
    }

    private void device(JsonGenerator json, PreparedClaim claim, int share) throws IOException {
        String name = claim.deviceName(share);
        json.writeStartObject();
        json.writeStringField("name", name);
        json.writeObjectFieldStart("containerEdits");
        json.writeArrayFieldStart("mounts");
        mount(json, gates.path(name), Gates.IN_CONTAINERS.resolve(name));
        mount(json, agent, agent);
        json.writeEndArray();
        List<String> nodes = claim.shares().get(share).nodes();
        json.writeArrayFieldStart("deviceNodes");
        for (String node : nodes) {
            json.writeStartObject();
            json.writeStringField("path", node);
            // Whatever the node's own mode is: users in the container are not root.
            json.writeNumberField("fileMode", 0666);
            json.writeStringField("permissions", "rw");
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void mount(JsonGenerator json, Path from, Path to) throws IOException {
        json.writeStartObject();
        json.writeStringField("hostPath", from.toString());
        json.writeStringField("containerPath", to.toString());
        json.writeArrayFieldStart("options");
        for (String option : List.of("bind", "ro", "nosuid", "nodev", "noexec")) {
            json.writeString(option);
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
