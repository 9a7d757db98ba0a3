package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.output.ExitCode;
import dev.qlease.rtnetlink.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of {@code --out FILE} where nothing can be received. */
@Tag("host")
@Timeout(60)
class ReceiveFileHostTest {
    @TempDir
    private Path directory;

    private Sandbox sandbox;

    @BeforeEach
    void open() {
        sandbox = Sandbox.create();
        sandbox.rtnl().links().up(sandbox.veth("a0", "b0").ifindex());
    }

    @AfterEach
    void close() {
        if (sandbox != null) {
            sandbox.close();
        }
    }

    private Ran receive(Path out, String dev) {
        return Ran.of(List.of(
                "receive",
                "--netns=" + sandbox.name(),
                "--dev=" + dev,
                "--queue=0",
                "--listen=192.0.2.1:80",
                "--timeout=1",
                "--out=" + out));
    }

    @Test
    void aRefusedBindingLeavesFilesAsTheyAre() throws IOException {
        Path old = Files.writeString(directory.resolve("old"), "kept");
        Path none = directory.resolve("none");
        for (String dev : List.of("a0", "no-such-dev")) {
            for (Path out : List.of(old, none)) {
                Ran ran = receive(out, dev);
                assertThat(ran.exitCode()).as(ran.err()).isNotEqualTo(ExitCode.DONE);
                assertThat(ran.sentence()).contains(dev).doesNotContain("internal error");
            }
            assertThat(old).hasContent("kept");
            assertThat(none).doesNotExist();
        }
    }
}
