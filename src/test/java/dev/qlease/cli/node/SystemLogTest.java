package dev.qlease.cli.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.qlease.fixture.UnixInbox;
import dev.qlease.linux.FileDescriptor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemLogTest {
    @TempDir
    private Path directory;

    @Test
    void anErrorIsOneLineWithItsPriorityAndTag() {
        String socket = directory.resolve("log").toString();
        try (FileDescriptor log = UnixInbox.listen(socket)) {
            SystemLog.error(socket, "container c1: a\nb");
            assertThat(UnixInbox.receive(log))
                    .startsWith("<27>qlease: container c1: a")
                    .endsWith("b")
                    .hasLineCount(1);
        }
    }

    @Test
    void withoutALogNothingHappens() {
        assertThatCode(() -> SystemLog.error(directory.resolve("none").toString(), "a"))
                .doesNotThrowAnyException();
    }
}
