package dev.qlease.node.cni;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Invokes the packaged plugin as engines do: a process with the variables of the protocol and a configuration. */
final class Engine {
    static final Path PLUGIN = Path.of("target/qlease/bin/qlease-cni").toAbsolutePath();

    /** Where Debian has the plugins of containernetworking. */
    static final Path OTHERS = Path.of("/usr/lib/cni");

    private final Path directory;

    /** @param directory for the output of plugins */
    Engine(Path directory) {
        this.directory = directory;
    }

    /**
     * The outcome of an invocation.
     *
     * @param status its exit status
     * @param printed its standard output
     * @param messages its standard error
     */
    record Outcome(int status, String printed, String messages) {
        /** The code of an error object; 0 if it succeeded. Whatever was printed must be one JSON value. */
        int code() throws IOException {
            int code = 0;
            try (JsonParser json = new JsonFactory().createParser(printed)) {
                for (int depth = 0; json.nextToken() != null; ) {
                    if (json.currentToken().isStructStart()) {
                        depth++;
                    } else if (json.currentToken().isStructEnd()) {
                        depth--;
                    } else if (depth == 1
                            && "code".equals(json.currentName())
                            && json.currentToken().isNumeric()) {
                        code = json.getIntValue();
                    }
                }
            }
            return code;
        }
    }

    /** An invocation that runs. */
    record Running(Process process, Path out, Path err) {
        Outcome outcome() throws IOException, InterruptedException {
            if (!process.waitFor(300, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("the plugin did not end: " + Files.readString(err));
            }
            return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
        }
    }

    Running start(String command, String container, String netns, String config) throws IOException {
        return start(
                Map.of(
                        "CNI_COMMAND",
                        command,
                        "CNI_CONTAINERID",
                        container,
                        "CNI_NETNS",
                        netns,
                        "CNI_IFNAME",
                        "eth0",
                        "CNI_ARGS",
                        "IgnoreUnknown=1;K8S_POD_NAME=" + container,
                        "CNI_PATH",
                        "/opt/none:" + OTHERS + ":" + directory),
                config);
    }

    Running start(Map<String, String> environment, String config) throws IOException {
        Path out = Files.createTempFile(directory, "out", "");
        Path err = Files.createTempFile(directory, "err", "");
        ProcessBuilder builder = new ProcessBuilder(List.of(PLUGIN.toString()))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        Map<String, String> all = new HashMap<>(environment);
        all.put("PATH", System.getenv("PATH"));
        String cache = System.getenv("QLEASE_AOT_CACHE");
        if (cache != null) {
            all.put("QLEASE_AOT_CACHE", cache);
        }
        builder.environment().clear();
        builder.environment().putAll(all);
        Process process = builder.start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(config.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // One that fails at once need not read it.
            process.onExit().join();
        }
        return new Running(process, out, err);
    }

    Outcome run(String command, String container, String netns, String config)
            throws IOException, InterruptedException {
        return start(command, container, netns, config).outcome();
    }
}
