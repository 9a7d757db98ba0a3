package dev.qlease.node.cni;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Invocations of the plugin in this process, with a journal of the test's own. */
final class Invocation {
    private final Map<String, String> environment = new HashMap<>(Map.of(
            "CNI_CONTAINERID", "c1", "CNI_NETNS", "/proc/self/ns/net", "CNI_IFNAME", "eth0", "CNI_PATH", "/nowhere"));
    private final Path journal;
    private final StringBuilder printed = new StringBuilder();

    Invocation(Path directory, String command) {
        this.journal = directory.resolve("run/cni");
        environment.put("CNI_COMMAND", command);
    }

    Invocation with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    Parameters parameters() {
        return Parameters.of(environment);
    }

    /** Runs the plugin with this configuration and returns what it delivers. */
    String run(String config) throws IOException {
        byte[] bytes = config.getBytes(StandardCharsets.UTF_8);
        new CniPlugin(environment, new ByteArrayInputStream(bytes), new AttachmentJournal(journal))
                .run(printed::append);
        return printed.toString();
    }
}
