package dev.qlease.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files of the kernel, whose sizes are untrue. */
@Tag("host")
@Timeout(30)
class KernelFilesHostTest {
    private static final Path SOMAXCONN = Path.of("/proc/sys/net/core/somaxconn");

    private static String cat(Path file) throws IOException {
        Process process = new ProcessBuilder("cat", file.toString()).start();
        return new String(process.getInputStream().readAllBytes()).strip();
    }

    @Test
    void aFileIsReadWholeWhateverItsSize() throws IOException {
        for (Path file : List.of(
                SOMAXCONN,
                Path.of("/proc/sys/net/ipv4/tcp_rmem"),
                Path.of("/proc/sys/kernel/osrelease"),
                Path.of("/sys/class/net/lo/mtu"),
                Path.of("/proc/kallsyms"))) {
            assertThat(KernelFiles.read(file)).as(file.toString()).isEqualTo(cat(file));
        }
        assertThat(KernelFiles.read(Path.of("/proc/kallsyms")).length()).isGreaterThan(1 << 20);
    }

    @Test
    void errorsAreTheKernels(@TempDir Path directory) throws IOException {
        Path loop = directory.resolve("loop");
        Files.createSymbolicLink(loop, loop);
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> KernelFiles.read(directory.resolve("none")))
                .matches(e -> e.is(Errno.ENOENT));
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> KernelFiles.read(directory))
                .matches(e -> e.is(Errno.EISDIR));
        for (Path wrong : List.of(loop, directory.resolve("x".repeat(300)))) {
            assertThatExceptionOfType(LinuxException.class).isThrownBy(() -> KernelFiles.exists(wrong));
            assertThatExceptionOfType(LinuxException.class).isThrownBy(() -> KernelFiles.find(wrong));
            assertThatExceptionOfType(LinuxException.class).isThrownBy(() -> KernelFiles.write(wrong, "1"));
        }
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> KernelFiles.readLink(SOMAXCONN))
                .matches(e -> e.is(Errno.EINVAL));
    }

    @Test
    void whatIsAbsentIsTold() {
        for (String none : List.of("/proc/sys/net/none", "/proc/sys/net/core/somaxconn/none")) {
            assertThat(KernelFiles.exists(Path.of(none))).as(none).isFalse();
            assertThat(KernelFiles.find(Path.of(none))).as(none).isEmpty();
        }
        assertThat(KernelFiles.exists(SOMAXCONN)).isTrue();
        assertThat(KernelFiles.find(SOMAXCONN)).isPresent();
        assertThat(KernelFiles.readLink(Path.of("/proc/self")))
                .isEqualTo(Long.toString(ProcessHandle.current().pid()));
    }

    @Test
    void sysctlsAreThoseOfTheNamespace() {
        String name = "qlease-files-" + ProcessHandle.current().pid();
        NetworkNamespace namespace;
        try {
            namespace = NetworkNamespace.create(name);
        } catch (LinuxException e) {
            Assumptions.assumeFalse(e.is(Errno.EPERM) || e.is(Errno.EACCES), "it takes CAP_SYS_ADMIN: " + e);
            throw e;
        }
        try (namespace) {
            String here = KernelFiles.read(SOMAXCONN);
            KernelFiles.write(namespace, SOMAXCONN, "1717");
            assertThat(KernelFiles.read(namespace, SOMAXCONN)).isEqualTo("1717");
            assertThat(KernelFiles.read(NetworkNamespace.ofCaller(), SOMAXCONN)).isEqualTo(here);
            assertThat(KernelFiles.read(SOMAXCONN)).isEqualTo(here).isNotEqualTo("1717");
            Path lo = Path.of("/proc/sys/net/ipv4/conf/lo/forwarding");
            assertThat(KernelFiles.exists(namespace, lo)).isTrue();
            assertThat(KernelFiles.find(namespace, lo)).isPresent();
            assertThatExceptionOfType(LinuxException.class)
                    .isThrownBy(() -> KernelFiles.write(namespace, SOMAXCONN, "many"))
                    .withMessageStartingWith("write \"many\" to " + SOMAXCONN)
                    .matches(e -> e.is(Errno.EINVAL));
        } finally {
            NetworkNamespace.delete(name);
        }
    }

    @Test
    void aFileIsNeverMadeByWriting(@TempDir Path directory) {
        Path none = directory.resolve("none");
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> KernelFiles.write(none, "1"))
                .matches(e -> e.is(Errno.ENOENT));
        assertThat(none).doesNotExist();
    }
}
