package dev.qlease.ethtool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** ethtool(8), which the tests ask whether it sees what this package says. */
final class EthtoolCommand {
    private final List<String> prefix;

    private EthtoolCommand(List<String> prefix) {
        this.prefix = prefix;
    }

    /** In the namespace of this process. */
    static EthtoolCommand here() {
        return new EthtoolCommand(List.of("ethtool"));
    }

    /** In the namespace of this name. */
    static EthtoolCommand in(String namespace) {
        return new EthtoolCommand(List.of("ip", "netns", "exec", namespace, "ethtool"));
    }

    /** What it prints, with runs of blanks as one. */
    String run(String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(arguments));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor())
                    .as("%s: %s", String.join(" ", command), output)
                    .isZero();
            return output.replaceAll("[ \\t]+", " ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
