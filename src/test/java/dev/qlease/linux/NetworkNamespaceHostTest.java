package dev.qlease.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Namespaces by name, path and process, on this machine. */
@Tag("host")
@Timeout(30)
class NetworkNamespaceHostTest {
    private final String name = "qlease-ns-" + ProcessHandle.current().pid();
    private NetworkNamespace created;

    @BeforeEach
    void create() {
        try {
            created = NetworkNamespace.create(name);
        } catch (LinuxException e) {
            org.junit.jupiter.api.Assumptions.assumeFalse(
                    e.is(Errno.EPERM) || e.is(Errno.EACCES), "it takes CAP_SYS_ADMIN: " + e.getMessage());
            throw e;
        }
    }

    @AfterEach
    void delete() {
        if (created != null) {
            created.close();
            if (Files.exists(NetworkNamespace.NAMES.resolve(name))) {
                NetworkNamespace.delete(name);
            }
        }
    }

    private static String here() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net")).toString();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatIsRunInOneIsThereAndTheCallerStays() {
        String before = here();
        String there = created.run(NetworkNamespaceHostTest::here);
        assertThat(there).isNotEqualTo(before);
        assertThat(here()).isEqualTo(before);
        assertThat(created.run(() -> Thread.currentThread().isVirtual())).isFalse();
        assertThat(created).hasToString(name);
    }

    @Test
    void itIsFoundByNamePathAndSpecification() {
        String there = created.run(NetworkNamespaceHostTest::here);
        Path path = NetworkNamespace.NAMES.resolve(name);
        for (NetworkNamespace found : List.of(
                NetworkNamespace.named(name),
                NetworkNamespace.at(path),
                NetworkNamespace.parse(name),
                NetworkNamespace.parse(path.toString()))) {
            try (found) {
                assertThat(found.run(NetworkNamespaceHostTest::here)).isEqualTo(there);
            }
        }
    }

    @Test
    void aProcessIsInOne() throws IOException {
        long self = ProcessHandle.current().pid();
        for (NetworkNamespace found : List.of(
                NetworkNamespace.current(),
                NetworkNamespace.ofProcess(self),
                NetworkNamespace.parse(Long.toString(self)))) {
            try (found) {
                assertThat(found.run(NetworkNamespaceHostTest::here)).isEqualTo(here());
            }
        }
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> NetworkNamespace.ofProcess(Integer.MAX_VALUE))
                .matches(e -> e.is(Errno.ENOENT));
    }

    @Test
    void aNumberIsANameFirst() {
        String number = "4190000" + ProcessHandle.current().pid() % 1000;
        try (NetworkNamespace numbered = NetworkNamespace.create(number)) {
            String there = numbered.run(NetworkNamespaceHostTest::here);
            try (NetworkNamespace parsed = NetworkNamespace.parse(number)) {
                assertThat(parsed.run(NetworkNamespaceHostTest::here)).isEqualTo(there);
            }
        } finally {
            NetworkNamespace.delete(number);
        }
    }

    @Test
    void aNameIsTakenOnceAndGoneAfterDeletion() {
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> NetworkNamespace.create(name))
                .withMessage("create network namespace " + name + ": the name is taken (EEXIST)");
        NetworkNamespace.delete(name);
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> NetworkNamespace.named(name))
                .matches(e -> e.is(Errno.ENOENT));
        assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> NetworkNamespace.delete(name))
                .withMessage("delete network namespace " + name + ": No such file or directory (ENOENT)");
        // Held by its descriptor it lives on without its name.
        assertThat(created.run(() -> 5)).isEqualTo(5);
    }

    @Test
    void aNameWithoutANamespaceIsClearedAway() throws IOException {
        String leftover = name + "-left";
        Files.createFile(NetworkNamespace.NAMES.resolve(leftover));
        NetworkNamespace.delete(leftover);
        assertThat(NetworkNamespace.NAMES.resolve(leftover)).doesNotExist();
    }

    @Test
    void whatCannotBeANameIsRefused() {
        for (String wrong : new String[] {"", ".", "..", "a/b", "x".repeat(256)}) {
            assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> NetworkNamespace.named(wrong));
            assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> NetworkNamespace.create(wrong));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> NetworkNamespace.named("a\0b"));
    }

    @Test
    void whatIsNoNamespaceCannotBeEntered() {
        try (NetworkNamespace none = NetworkNamespace.at(Path.of("/dev/null"))) {
            assertThatExceptionOfType(LinuxException.class)
                    .isThrownBy(() -> none.run(() -> 1))
                    .withMessage("enter network namespace /dev/null: Invalid argument (EINVAL)");
        }
        NetworkNamespace closed = NetworkNamespace.current();
        closed.close();
        closed.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> closed.run(() -> 1))
                .withMessage("/proc/thread-self/ns/net is closed");
    }

    @Test
    void whatTheOpeningThrowsIsThrown() {
        assertThatIllegalStateException()
                .isThrownBy(() -> created.run(() -> {
                    throw new IllegalStateException("by the opening");
                }))
                .withMessage("by the opening");
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> created.run(() -> {
                    throw new AssertionError("also errors");
                }));
    }

    @Test
    void anInterruptedThreadOpensAllTheSame() {
        Thread.currentThread().interrupt();
        assertThat(created.run(() -> 5)).isEqualTo(5);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void manyAreMadeAtOnceWithoutMountingTheirDirectoryTwice() throws Exception {
        long mounts = mountsOfTheDirectory();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String one = name + "-" + i;
            all.add(Async.run(() -> {
                NetworkNamespace.create(one).close();
                NetworkNamespace.delete(one);
            }));
        }
        for (CompletableFuture<Void> one : all) {
            one.get();
        }
        assertThat(mountsOfTheDirectory()).isEqualTo(mounts);
    }

    private static long mountsOfTheDirectory() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
            return lines.filter(line -> line.split(" ")[4].equals(NetworkNamespace.NAMES.toString()))
                    .count();
        }
    }
}
