package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The directory in a BPF file system that is mounted for each test. */
@Tag("host")
class BpfFileSystemHostTest {
    @TempDir
    private Path mounted;

    private Path path;

    @BeforeEach
    void mount() throws Exception {
        Assumptions.assumeTrue(
                run("mount", "-t", "bpf", "bpf", mounted.toString()) == 0, "mounting takes CAP_SYS_ADMIN");
        path = mounted.resolve("qlease");
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", mounted.toString());
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private String mode() throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void theDirectoryIsMadeOnceAndIsItsOwnersAlone() throws Exception {
        assertThat(BpfFileSystem.openDirectory(path, 0)).isEqualTo(path);
        assertThat(mode()).isEqualTo("rwx------");
        assertThat(BpfFileSystem.openDirectory(path, 0)).isEqualTo(path);
    }

    @Test
    void aDirectoryThatOthersMayWriteIsRefused() throws Exception {
        BpfFileSystem.openDirectory(path, 0);
        assertThat(run("chmod", "0777", path.toString())).isZero();
        assertThatThrownBy(() -> BpfFileSystem.openDirectory(path, 0))
                .isInstanceOf(BpfFileException.class)
                .hasMessageStartingWith(path + " has mode 0777, not 0700")
                .hasMessageContaining("move or remove it");
    }

    @Test
    void aDirectoryOfAnotherOwnerIsRefused() throws Exception {
        BpfFileSystem.openDirectory(path, 0);
        assertThat(run("chown", "65534", path.toString())).isZero();
        assertThatThrownBy(() -> BpfFileSystem.openDirectory(path, 0))
                .isInstanceOf(BpfFileException.class)
                .hasMessageStartingWith(path + " is owned by uid 65534, not by uid 0");
    }

    @Test
    void whatIsNoDirectoryIsRefused(@TempDir Path elsewhere) throws Exception {
        Files.createSymbolicLink(path, elsewhere);
        assertThatThrownBy(() -> BpfFileSystem.openDirectory(path, 0))
                .isInstanceOf(BpfFileException.class)
                .hasMessageStartingWith(path + " is not a directory");
        Files.delete(path);
        try (BpfMap map = BpfMap.array("planted", 1)) {
            map.pin(path);
        }
        assertThatThrownBy(() -> BpfFileSystem.openDirectory(path, 0)).isInstanceOf(BpfFileException.class);
    }

    @Test
    void aMapIsKeptByItsFile() {
        Path file = BpfFileSystem.openDirectory(path, 0).resolve("map");
        try (BpfMap map = BpfMap.hash("kept", 2)) {
            map.put(5, 6);
            map.pin(file);
        }
        try (BpfMap again = BpfMap.openPinned(file)) {
            assertThat(again.get(5)).isEqualTo(OptionalLong.of(6));
            assertThat(again.info().name()).isEqualTo("kept");
            assertThatThrownBy(() -> BpfLink.openPinned(file))
                    .isInstanceOf(BpfFileException.class)
                    .hasMessage(file + " holds a BPF map and not a link");
        }
    }
}
