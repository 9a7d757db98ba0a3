package dev.qlease.node.cdi;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;

/**
 * A specification of the Container Device Interface: a device for each NIC, whose hooks create and delete leases.
 * Immutable.
 *
 * @param command the path of the command that hooks run
 * @param environment the variables that the command needs, {@code NAME=VALUE}; hooks have no others
 * @param nodes the device nodes that containers get
 * @param devices the devices, with distinct names
 */
public record CdiSpec(String command, List<String> environment, List<String> nodes, List<Device> devices) {
    /** The kind of the devices, vendor and class. */
    public static final String KIND = "qlease.dev/nic";

    /** The oldest version with all that is used here, so that engines of all versions accept it. */
    private static final String VERSION = "0.5.0";

    private static final String DEVICE_NAME = "[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?";

    /** Keeps copies. */
    public CdiSpec {
        environment = List.copyOf(environment);
        nodes = List.copyOf(nodes);
        devices = List.copyOf(devices);
    }

    /**
     * A device.
     *
     * @param name its name, {@link #isDeviceName valid}
     * @param config the fields of the leases of containers with this device
     */
    public record Device(String name, LeaseConfig config) {}

    /** Returns whether CDI allows this name for a device; CDI specification, "Devices". */
    static boolean isDeviceName(String name) {
        return name.matches(DEVICE_NAME);
    }

    /** Returns the specification as a file of JSON, in ASCII; equal specifications give equal text. */
    public String json() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = LeaseConfig.ASCII.createGenerator(text)) {
            DefaultPrettyPrinter lines = new DefaultPrettyPrinter();
            lines.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
            json.setPrettyPrinter(lines);
            write(json);
        } catch (IOException e) {
            throw new IllegalStateException("a StringWriter fails", e);
        }
        return text + "\n";
    }

    private void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("cdiVersion", VERSION);
        json.writeStringField("kind", KIND);
        json.writeArrayFieldStart("devices");
        for (Device device : devices) {
            json.writeStartObject();
            json.writeStringField("name", device.name());
            json.writeObjectFieldStart("containerEdits");
            json.writeArrayFieldStart("hooks");
            hook(json, CdiHook.CREATE, device.name(), device.config().json());
            hook(json, CdiHook.DELETE, device.name());
            json.writeEndArray();
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
        nodes(json);
        json.writeEndObject();
    }

    private void hook(JsonGenerator json, String hook, String... arguments) throws IOException {
        json.writeStartObject();
        json.writeStringField("hookName", hook);
        json.writeStringField("path", command);
        json.writeArrayFieldStart("args");
        // The first one is the program's own name.
        for (String argument : List.of("qlease", "cdi", "hook", hook)) {
            json.writeString(argument);
        }
        for (String argument : arguments) {
            json.writeString(argument);
        }
        json.writeEndArray();
        if (!environment.isEmpty()) {
            json.writeArrayFieldStart("env");
            for (String variable : environment) {
                json.writeString(variable);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    /** Edits for all devices, made once for a container with several. */
    private void nodes(JsonGenerator json) throws IOException {
        if (nodes.isEmpty()) {
            return;
        }
        json.writeObjectFieldStart("containerEdits");
        json.writeArrayFieldStart("deviceNodes");
        for (String node : nodes) {
            json.writeStartObject();
            json.writeStringField("path", node);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
