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
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

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
    void whatIsNoNamespaceIsRefusedAtOnce(@TempDir Path directory) throws Exception {
        Path plain = Files.createFile(directory.resolve("plain"));
        Path fifo = directory.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        for (Path wrong : List.of(
                plain,
                fifo,
                directory,
                Path.of("/dev/null"),
                Path.of("/proc/self/ns/mnt"),
                Path.of("/proc/self/stat"))) {
            assertThatExceptionOfType(NotANetworkNamespaceException.class)
                    .as(wrong.toString())
                    .isThrownBy(() -> NetworkNamespace.parse(wrong.toString()))
                    .withMessage(wrong + " is no network namespace")
                    .matches(e -> e.path().equals(wrong));
        }
    }

    @Test
    void aNameWhoseMountIsGoneIsNoNamespace() throws IOException {
        String stale = "4180000" + ProcessHandle.current().pid() % 1000;
        Files.createFile(NetworkNamespace.NAMES.resolve(stale));
        try {
            for (String spec :
                    List.of(stale, NetworkNamespace.NAMES.resolve(stale).toString())) {
                assertThatExceptionOfType(NotANetworkNamespaceException.class)
                        .isThrownBy(() -> NetworkNamespace.parse(spec))
                        .withMessage(spec + " is no network namespace");
            }
        } finally {
            NetworkNamespace.delete(stale);
        }
    }

    @Test
    void errorsOfPathsAreTheKernels(@TempDir Path directory) throws IOException {
        Path loop = directory.resolve("loop");
        Files.createSymbolicLink(loop, loop);
        Map<Path, Errno> errors = Map.of(
                directory.resolve("none"),
                Errno.ENOENT,
                Path.of("/dev/null/none"),
                Errno.ENOTDIR,
                loop,
                Errno.ELOOP,
                directory.resolve("x".repeat(300)),
                Errno.ENAMETOOLONG);
        errors.forEach((path, errno) -> assertThatExceptionOfType(LinuxException.class)
                .isThrownBy(() -> NetworkNamespace.at(path))
                .matches(e -> e.is(errno), errno.name()));
    }

    @Test
    void theOneOfTheCallerIsWhereTheCallerIs() {
        NetworkNamespace caller = NetworkNamespace.ofCaller();
        caller.close();
        Thread here = Thread.currentThread();
        assertThat(caller.run(Thread::currentThread)).isSameAs(here);
        assertThat(created.run(() -> caller.run(NetworkNamespaceHostTest::here)))
                .isEqualTo(created.run(NetworkNamespaceHostTest::here));
        assertThat(created.run(caller::inode)).isEqualTo(created.inode()).isNotEqualTo(caller.inode());
        try (NetworkNamespace held = created.run(caller::dup);
                NetworkNamespace own = caller.dup()) {
            assertThat(held.inode()).isEqualTo(created.inode());
            assertThat(held.descriptor().isOpen()).isTrue();
            assertThat(own.run(Thread::currentThread)).isSameAs(here);
        }
        assertThatIllegalStateException().isThrownBy(caller::descriptor).withMessageContaining("dup()");
    }

    @Test
    void itsCookieIsItsOwn() {
        try (NetworkNamespace again = NetworkNamespace.named(name);
                NetworkNamespace other = NetworkNamespace.create(name + "-other")) {
            assertThat(again.cookie()).isEqualTo(created.cookie());
            assertThat(List.of(
                            other.cookie(),
                            created.cookie(),
                            NetworkNamespace.ofCaller().cookie()))
                    .doesNotHaveDuplicates()
                    .doesNotContain(0L);
        } finally {
            NetworkNamespace.delete(name + "-other");
        }
    }

    @Test
    void aClosedOneCannotBeEntered() {
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
