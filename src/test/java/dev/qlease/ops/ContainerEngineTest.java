package dev.qlease.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerEngineTest {
    private static final String ID = "0123456789abcdef";

    @TempDir
    private Path root;

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @ParameterizedTest
    @CsvSource({
        "PODMAN, run/containers/storage/overlay-containers/ID/userdata/pidfile, 17",
        "PODMAN, var/lib/containers/storage/overlay-containers/ID/userdata/pidfile, 17",
        "DOCKER, run/containerd/io.containerd.runtime.v2.task/moby/ID/init.pid, 17",
        "DOCKER, run/docker/runtime-runc/moby/ID/state.json, "
                + "'{\"id\":\"x\",\"a\":{\"init_process_pid\":3},\"init_process_pid\":17}'",
        "CONTAINERD, run/containerd/io.containerd.runtime.v2.task/k8s.io/ID/init.pid, 17",
    })
    void thePidOfAContainerIsReadFromTheFilesOfItsEngine(ContainerEngine engine, String path, String text)
            throws IOException {
        file(path.replace("ID", ID), text);
        file("proc/17/cgroup", "0::/system.slice/engine-" + ID + ".scope\n");
        assertThat(engine.pid(root, ID)).isEqualTo(17);
        assertThat(engine.pid(root, "0123")).isEqualTo(17);
        assertThatThrownBy(() -> engine.pid(root, "012")).hasMessageContaining("at least 4 characters");
        assertThatThrownBy(() -> engine.pid(root, "ffff"))
                .isInstanceOf(OpsException.class)
                .hasMessageContaining("no running");
    }

    @Test
    void aPrefixOfSeveralIdsIsRefused() throws IOException {
        for (String id : new String[] {"abcd1", "abcd2", "abcd"}) {
            file("run/containerd/io.containerd.runtime.v2.task/moby/" + id + "/init.pid", "17");
            file("proc/17/cgroup", "0::/abcd\n");
        }
        assertThat(ContainerEngine.DOCKER.pid(root, "abcd")).isEqualTo(17);
        Files.delete(root.resolve("run/containerd/io.containerd.runtime.v2.task/moby/abcd/init.pid"));
        assertThatThrownBy(() -> ContainerEngine.DOCKER.pid(root, "abcd"))
                .hasMessageContaining("several docker containers")
                .hasMessageContaining("abcd1, abcd2");
    }

    @Test
    void aProcessThatGotThePidLaterIsRefused() throws IOException {
        file("run/containerd/io.containerd.runtime.v2.task/moby/" + ID + "/init.pid", "17");
        file("proc/17/cgroup", "0::/user.slice\n");
        assertThatThrownBy(() -> ContainerEngine.DOCKER.pid(root, ID))
                .hasMessageContaining("process 17 is not of container " + ID);
    }
}
