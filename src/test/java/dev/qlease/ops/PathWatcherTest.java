package dev.qlease.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PathWatcherTest {
    @TempDir
    private Path directory;

    private PathWatcher watcher;

    @BeforeEach
    void open() {
        watcher = PathWatcher.open();
    }

    @AfterEach
    void close() {
        watcher.close();
    }

    private void arm(PathPattern... patterns) {
        watcher.arm(List.of(patterns));
        assertThat(watcher.changed()).isFalse();
    }

    private void arm(String path) {
        arm(PathPattern.of(directory.resolve(path)));
    }

    @Test
    void aFileIsNoticedHoweverItIsReplaced() throws IOException {
        Path file = Files.writeString(directory.resolve("a.yaml"), "1");
        arm("a.yaml");
        Files.writeString(file, "2");
        assertThat(watcher.changed()).isTrue();
        Path next = Files.writeString(directory.resolve("next"), "3");
        assertThat(watcher.changed()).isFalse();
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        assertThat(watcher.changed()).isTrue();
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(watcher.changed()).isTrue();
        Files.delete(file);
        assertThat(watcher.changed()).isTrue();
        Files.createSymbolicLink(file, next);
        assertThat(watcher.changed()).isTrue();
    }

    @Test
    void aFileThatIsBeingWrittenIsNoticedWhenItIsClosed() throws IOException {
        arm("a.yaml");
        try (OutputStream half = Files.newOutputStream(directory.resolve("a.yaml"))) {
            half.write('l');
            half.flush();
            assertThat(watcher.changed()).isFalse();
        }
        assertThat(watcher.changed()).isTrue();
    }

    @Test
    void directoriesOnTheWayMayComeAndGo() throws IOException {
        arm("x/y/a.yaml");
        Files.createDirectory(directory.resolve("z"));
        assertThat(watcher.changed()).isFalse();
        Files.createDirectories(directory.resolve("x/y"));
        assertThat(watcher.changed()).isTrue();
        arm("x/y/a.yaml");
        Files.writeString(directory.resolve("x/y/a.yaml"), "1");
        assertThat(watcher.changed()).isTrue();
        arm("x/y/a.yaml");
        Files.move(directory.resolve("x"), directory.resolve("old"));
        assertThat(watcher.changed()).isTrue();
        Files.createDirectories(directory.resolve("x/y"));
        assertThat(watcher.changed()).isTrue();
        arm("x/y/a.yaml");
        // The directory that was moved away is not watched any more.
        Files.writeString(directory.resolve("old/y/a.yaml"), "2");
        assertThat(watcher.changed()).isFalse();
        Files.writeString(directory.resolve("x/y/a.yaml"), "2");
        assertThat(watcher.changed()).isTrue();
    }

    @Test
    void whatIsNoLongerWantedIsNotWatched() throws IOException {
        arm("a");
        arm("b");
        Files.writeString(directory.resolve("a"), "1");
        assertThat(watcher.changed()).isFalse();
        Files.writeString(directory.resolve("b"), "1");
        assertThat(watcher.changed()).isTrue();
    }

    @Test
    void namesAreFoundByTheirBeginnings() throws IOException {
        PathPattern pattern = PathPattern.of(directory).below("").below("abc").then("pid/file");
        arm(pattern);
        Files.createDirectories(directory.resolve("group/abcdef/pid"));
        assertThat(watcher.changed()).isTrue();
        arm(pattern);
        Files.createDirectories(directory.resolve("group/xyz/pid"));
        Files.writeString(directory.resolve("group/xyz/pid/file"), "1");
        assertThat(watcher.changed()).isFalse();
        Files.writeString(directory.resolve("group/abcdef/pid/file"), "1");
        assertThat(watcher.changed()).isTrue();
    }

    /** The kernel queues fs.inotify.max_queued_events, 16384 by default, and drops the others. */
    @Test
    void lostEventsCountAsAChange() throws IOException {
        Path own = Files.createDirectory(directory.resolve("own"));
        Files.writeString(own.resolve("other"), "");
        arm("own/a");
        // Equal events in a row would be merged.
        for (int i = 0; i < 10_000; i++) {
            Files.move(own.resolve("other"), own.resolve("next"));
            Files.move(own.resolve("next"), own.resolve("other"));
        }
        assertThat(watcher.changed()).isTrue();
        assertThat(watcher.changed()).isFalse();
    }

    @Test
    void namespacesOfContainersAndNamesAreWatchedWhereTheyAreKept() {
        assertThat(new GuestSelector.Netns("blue").patterns())
                .containsExactly(PathPattern.of(Path.of("/run/netns/blue")));
        assertThat(new GuestSelector.Netns("/x/y").patterns()).containsExactly(PathPattern.of(Path.of("/x/y")));
        assertThat(new GuestSelector.Container(ContainerEngine.CONTAINERD, "abcd").patterns())
                .containsExactly(PathPattern.of(Path.of("/run/containerd/io.containerd.runtime.v2.task"))
                        .below("")
                        .below("abcd")
                        .then("init.pid"));
    }
}
