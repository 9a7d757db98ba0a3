package dev.qlease.cli.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.UnixInbox;
import dev.qlease.linux.FileDescriptor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceManagerTest {
    @TempDir
    private Path directory;

    @Test
    void itIsToldByAPathOrAnAbstractName() {
        for (String address : new String[] {
            directory.resolve("notify").toString(),
            "@qlease-test-" + ProcessHandle.current().pid()
        }) {
            try (FileDescriptor socket = UnixInbox.listen(address)) {
                ServiceManager.of(address).tell("READY=1\nSTATUS=é");
                assertThat(UnixInbox.receive(socket)).isEqualTo("READY=1\nSTATUS=é");
            }
        }
    }

    @Test
    void oneThatIsNotThereIsNotTold() {
        ServiceManager.of(null).tell("READY=1");
        ServiceManager.of("vsock:2:1234").tell("READY=1");
        ServiceManager.of(directory.resolve("none").toString()).tell("READY=1");
        ServiceManager.of("/" + "x".repeat(200)).tell("READY=1");
    }
}
