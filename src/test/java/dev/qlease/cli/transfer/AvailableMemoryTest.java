package dev.qlease.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AvailableMemoryTest {
    @TempDir
    private Path root;

    @BeforeEach
    void machine() throws IOException {
        write("proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:    1000 kB\nBuffers: 1 kB\n");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private long bytes() {
        return AvailableMemory.now(root.resolve("proc"), root.resolve("cgroup"))
                .orElseThrow()
                .bytes();
    }

    @Test
    void withoutLimitsItIsWhatTheMachineHas() throws IOException {
        assertThat(bytes()).isEqualTo(1_024_000);
        write("proc/self/cgroup", "0::/a/b\n");
        write("cgroup/a/b/memory.max", "max\n");
        write("cgroup/a/b/memory.current", "5\n");
        assertThat(bytes()).isEqualTo(1_024_000);
    }

    @Test
    void theNarrowestOfAllCgroupsAroundCounts() throws IOException {
        write("proc/self/cgroup", "0::/a/b\n");
        write("cgroup/a/b/memory.max", "900000\n");
        write("cgroup/a/b/memory.current", "100000\n");
        assertThat(bytes()).isEqualTo(800_000);
        write("cgroup/a/memory.max", "500000\n");
        write("cgroup/a/memory.current", "300000\n");
        assertThat(bytes()).isEqualTo(200_000);
        write("cgroup/a/memory.stat", "anon 1\ninactive_file 50000\nactive_file 7\n");
        assertThat(bytes()).isEqualTo(250_000);
        write("cgroup/a/memory.current", "700000\n");
        assertThat(bytes()).isZero();
    }

    @Test
    void theFirstVersionOfCgroupsAndAContainersOwnViewAreRead() throws IOException {
        write("proc/self/cgroup", "5:cpu,memory:/docker/x\n1:name=systemd:/y\n");
        write("cgroup/memory/docker/x/memory.limit_in_bytes", "600000\n");
        write("cgroup/memory/docker/x/memory.usage_in_bytes", "500000\n");
        assertThat(bytes()).isEqualTo(100_000);
        write("proc/self/cgroup", "0::/../../outside\n");
        write("cgroup/memory.max", "70000\n");
        write("cgroup/memory.current", "20000\n");
        assertThat(bytes()).isEqualTo(50_000);
    }
}
