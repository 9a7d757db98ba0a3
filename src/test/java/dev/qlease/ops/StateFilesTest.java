package dev.qlease.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.lease.Redirect;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StateFilesTest {
    private static final String WHOLE = """
            leases:
              web:
                nic: {pci-address: "0000:01:00.0"}
                netns: blue
                queues: [3, 2]
                guest: eth1
                addresses: ["2001:DB8:2::2/64", 198.18.0.2/24]
                routes: [198.18.0.0/15]
                redirect: forward
                mode: l3
                ports: [443]
                rx-ring: 512
                shared-traffic: true
            """;

    @TempDir
    private Path directory;

    static List<WantedLease> read(String text) throws IOException {
        return readAll(text).leases();
    }

    static WantedState readAll(String text) throws IOException {
        return StateFiles.read(List.of("-"), new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<String> problems(ThrowingCallable reading) {
        List<String> problems = new java.util.ArrayList<>();
        assertThatThrownBy(reading)
                .isInstanceOfSatisfying(InvalidFileException.class, e -> problems.addAll(e.problems()));
        return problems;
    }

    @Test
    void allFieldsAreRead() throws IOException {
        assertThat(read(WHOLE)).singleElement().satisfies(lease -> {
            assertThat(lease.name()).isEqualTo("web");
            assertThat(lease.nic()).isEqualTo(NicSelector.of(NicSelector.Kind.PCI_ADDRESS, "0000:01:00.0"));
            assertThat(lease.guest()).isEqualTo(new GuestSelector.Netns("blue"));
            assertThat(lease.position()).isEqualTo(new Position("-", 2, 3));
            assertThat(lease.shape())
                    .isEqualTo(new LeaseShape(
                            2,
                            List.of(2, 3),
                            "eth1",
                            false,
                            "l3",
                            List.of("2001:db8:2::2/64", "198.18.0.2/24"),
                            List.of("198.18.0.0/15"),
                            List.of(443),
                            Redirect.FORWARD,
                            OptionalInt.of(512),
                            true));
        });
    }

    @Test
    void fieldsThatAreLeftOutHaveTheDefaultsOfTheCommand() throws IOException {
        assertThat(read("leases: {a: {nic: eth0, netns: 17, single: true}}"))
                .singleElement()
                .satisfies(lease -> {
                    assertThat(lease.guest()).isEqualTo(new GuestSelector.Netns("17"));
                    assertThat(lease.shape())
                            .isEqualTo(new LeaseShape(
                                    1,
                                    List.of(),
                                    "nk0",
                                    true,
                                    "l2",
                                    List.of(),
                                    List.of(),
                                    List.of(),
                                    Redirect.NONE,
                                    OptionalInt.empty(),
                                    false));
                });
    }

    @Test
    void settingsOfNicsAreRead() throws IOException {
        WantedState state = readAll("""
                nics:
                  eth0: {combined: 8, rx-ring: 1024, tcp-data-split: on, hds-thresh: 0}
                  fast: {nic: {driver: mlx5_core}, tcp-data-split: auto}
                """);
        assertThat(state.leases()).isEmpty();
        assertThat(state.nics())
                .extracting(WantedNic::nic)
                .containsExactly(
                        NicSelector.of(NicSelector.Kind.NAME, "eth0"),
                        NicSelector.of(NicSelector.Kind.DRIVER, "mlx5_core"));
        assertThat(state.nics().getFirst().settings().values()).containsExactly("8", "1024", "on", "0");
    }

    @Test
    void jsonIsReadAlike() throws IOException {
        assertThat(read("""
                        {"leases": {"web": {"nic": {"driver": "mlx5_core"},
                          "container": {"engine": "docker", "id": "0123abcd"}, "addresses": ["192.0.2.2/24"], "queues": 2}}}
                        """)).singleElement().satisfies(lease -> {
            assertThat(lease.nic()).isEqualTo(NicSelector.of(NicSelector.Kind.DRIVER, "mlx5_core"));
            assertThat(lease.guest()).isEqualTo(new GuestSelector.Container(ContainerEngine.DOCKER, "0123abcd"));
            assertThat(lease.shape().count()).isEqualTo(2);
        });
        assertThat(read("leases: {}")).isEmpty();
        assertThat(read("\ufeffleases: {}\n")).isEmpty();
    }

    static Stream<Arguments> invalid() {
        String lease = "leases: {a: {nic: e, netns: n, addresses: [192.0.2.2/24], ";
        return Stream.of(
                Arguments.of("", "-: the file is empty"),
                Arguments.of("# nothing\n", "-: the file is empty"),
                Arguments.of("---\n", "-:2:1: the file: empty is not allowed; give a map with the field leases"),
                Arguments.of("[]", "-:1:1: the file: a list is not allowed"),
                Arguments.of("x: 1", "-:1:1: x: unknown field; the fields here are leases, nics"),
                Arguments.of("leases:", "leases: empty is not allowed; give a map from names to leases"),
                Arguments.of("leases: [a]", "-:1:9: leases: a list is not allowed"),
                Arguments.of("leases: {}\n---\nleases: {}", "-:2:1: a second document begins here"),
                Arguments.of("leases: &a {}", "-:1:9: anchors are not supported; remove &a"),
                Arguments.of("leases: *a", "-:1:9: aliases are not supported; repeat the value"),
                Arguments.of("leases: !!map {}", "-:1:9: tags are not supported"),
                Arguments.of("leases: {a: {nic: !x e}}", "-:1:19: tags are not supported; remove !x"),
                Arguments.of("[".repeat(100_000), "-:1:17: nested more than 16 levels deep"),
                Arguments.of("leases: {a: {", "-:1:14: invalid YAML: "),
                Arguments.of("nics: {e: {}}", "-:1:8: nics.e: no setting; give some of nic, combined, rx-ring"),
                Arguments.of(
                        "nics: {e: {tcp-data-split: true}}", "nics.e.tcp-data-split: true is not allowed; give on or"),
                Arguments.of("nics: {e: {combined: 0}}", "nics.e.combined: 0 is not allowed; give a number from 1"),
                Arguments.of("nics: {e: {hds-thresh: -1}}", "nics.e.hds-thresh: -1 is not allowed"),
                Arguments.of("nics: {e: {mtu: 1}}", "nics.e.mtu: unknown field; the fields here are nic, combined"),
                Arguments.of("nics: {e: {nic: {bus: x}, combined: 1}}", "nics.e.nic.bus: unknown field"),
                Arguments.of("nics: [e]", "nics: a list is not allowed; give a map from names of devices to settings"),
                Arguments.of("leases:\n\ta: 1", "-:2:1: invalid YAML: "),
                Arguments.of("leases: {a: \u0001}", "-:1:13: character U+0001 is not allowed in YAML"),
                Arguments.of("leases: {[a]: 1}", "-:1:10: a key is a list; write a name"),
                Arguments.of("leases: {a: {}, a: {}}", "-:1:17: leases.a: the key is given twice, first in line 1"),
                Arguments.of("leases: {a: 1}", "leases.a: 1 is not allowed; give a map with the field nic"),
                Arguments.of(
                        "leases: {a: {netns: n}}", "-:1:10: leases.a.nic: missing; give a device's name, or a map"),
                Arguments.of("leases: {a: {nic: 1, netns: n}}", "-:1:19: leases.a.nic: 1 is not allowed"),
                Arguments.of(
                        "leases: {a: {nic: {}, netns: n}}", "leases.a.nic: no field; give some of name, pci-address"),
                Arguments.of(
                        "leases: {a: {nic: {driver: d, speed: fast}, netns: n}}",
                        "leases.a.nic.speed: \"fast\" is not allowed; give a number from 1"),
                Arguments.of("leases: {a: {nic: {bus: d}, netns: n}}", "leases.a.nic.bus: unknown field"),
                Arguments.of(
                        "leases: {a: {nic: {pci-address: x}, netns: n}}",
                        "leases.a.nic.pci-address: \"x\" is not allowed; give a PCI address such as"),
                Arguments.of(
                        "leases: {a: {nic: {permanent-address: 1:2}, netns: n}}", "leases.a.nic.permanent-address: "),
                Arguments.of("leases: {a: {nic: e}}", "leases.a: missing netns; give netns, or container"),
                Arguments.of(
                        "leases: {a: {nic: e, netns: n, container: {engine: podman, id: abcd}}}",
                        "leases.a: netns and container exclude each other"),
                Arguments.of("leases: {a: {nic: e, container: {id: abcd}}}", "a container needs both fields"),
                Arguments.of("leases: {a: {nic: e, container: abcd}}", "leases.a.container: \"abcd\" is not allowed"),
                Arguments.of(
                        "leases: {a: {nic: e, container: {engine: lxc, id: abcd}}}",
                        "leases.a.container.engine: \"lxc\" is not allowed; give podman or docker or containerd"),
                Arguments.of(
                        "leases: {a: {nic: e, container: {engine: docker, id: ../x}}}",
                        "\"../x\" is no container's id"),
                Arguments.of("leases: {a: {nic: e, netns: ~}}", "leases.a.netns: empty is not allowed"),
                Arguments.of("leases: {a: {nic: e, netns: true}}", "leases.a.netns: true is not allowed"),
                Arguments.of(lease + "queue: 1}}", "leases.a.queue: unknown field; the fields here are nic, netns, "),
                Arguments.of(lease + "queues: 0}}", "leases.a.queues: 0 is not allowed; give a number from 1 to 4095"),
                Arguments.of(lease + "queues: \"2\"}}", "leases.a.queues: \"2\" is not allowed"),
                Arguments.of(lease + "queues: 1e1}}", "leases.a.queues: 1e1 is not allowed"),
                Arguments.of(lease + "queues: 99999999999999999999}}", "leases.a.queues: 99999999999999999999 is not"),
                Arguments.of(lease + "queues: []}}", "leases.a.queues: a list is not allowed"),
                Arguments.of(lease + "queues: [1, 1]}}", "leases.a.queues: 1 is given twice"),
                Arguments.of(lease + "queues: [65535]}}", "65535 is not allowed; give a number from 0 to 65534"),
                Arguments.of(lease + "guest: 7}}", "leases.a.guest: 7 is not allowed; give a device's name"),
                Arguments.of(lease + "guest: a/b}}", "leases.a: a device's name has 1 to 15 letters and digits"),
                Arguments.of(
                        lease + "routes: 192.0.2.0/24}}", "leases.a.routes: \"192.0.2.0/24\" is not allowed; give"),
                Arguments.of(lease + "routes: [x]}}", "leases.a.routes: "),
                Arguments.of(lease + "redirect: tc}}", "\"tc\" is not allowed; give bpf or forward or none"),
                Arguments.of(lease + "mode: L2}}", "leases.a.mode: \"L2\" is not allowed; give l2 or l3"),
                Arguments.of(lease + "ports: [0]}}", "0 is not allowed; give a number from 1 to 65535"),
                Arguments.of(lease + "rx-ring: -1}}", "leases.a.rx-ring: -1 is not allowed"),
                Arguments.of(lease + "single: yes}}", "leases.a.single: \"yes\" is not allowed; give true or false"),
                Arguments.of(lease + "single: true}}", "leases.a: a single netkit device has no path for packets"),
                Arguments.of("leases: {a: {nic: e, netns: n}}", "leases.a: packets are redirected by the guest's"),
                Arguments.of(
                        "leases: {a: {nic: e, netns: n, addresses: [127.0.0.1/8]}}", "127.0.0.1 is a loopback address"),
                Arguments.of(
                        "leases: {a name: {nic: e, netns: n, addresses: [192.0.2.2/24]}}",
                        "leases.a name: a device's name has 1 to 15 letters and digits"));
    }

    @ParameterizedTest
    @MethodSource
    void invalid(String text, String problem) {
        assertThat(problems(() -> read(text)))
                .anySatisfy(sentence -> assertThat(sentence).contains(problem))
                .allSatisfy(sentence -> assertThat(sentence).startsWith("-:"));
    }

    @Test
    void allProblemsAreNamedAtOnce() {
        assertThat(problems(() -> read("""
                leases:
                  a:
                    nic: e
                    netns: n
                    queues: x
                    colour: red
                  b: 7
                """)))
                .hasSize(3)
                .anySatisfy(problem -> assertThat(problem).startsWith("-:5:13: leases.a.queues: "))
                .anySatisfy(problem -> assertThat(problem).startsWith("-:6:5: leases.a.colour: "))
                .anySatisfy(problem -> assertThat(problem).startsWith("-:7:6: leases.b: "));
    }

    @Test
    void bytesThatAreNotUtf8AreNamed() {
        byte[] bytes = "leases: {}\n# \u00ff".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(problems(() -> StateFiles.read(List.of("-"), new ByteArrayInputStream(bytes))))
                .containsExactly("-:2:3: the file is not valid UTF-8: byte 0xff");
    }

    @Test
    void aFileThatIsTooLargeIsNotParsed() {
        byte[] bytes = " ".repeat(FileParser.LARGEST + 5).getBytes(StandardCharsets.UTF_8);
        assertThat(problems(() -> StateFiles.read(List.of("-"), new ByteArrayInputStream(bytes))))
                .singleElement()
                .asString()
                .contains("exceeds 1048576 bytes");
    }

    @Test
    void aLeaseIsDescribedInOneFileOnly() throws IOException {
        Path first = Files.writeString(directory.resolve("a.yaml"), WHOLE);
        Path second = Files.writeString(directory.resolve("b.yaml"), "\n" + WHOLE);
        assertThat(problems(() -> StateFiles.read(
                        List.of(first.toString(), second.toString()), ByteArrayInputStream.nullInputStream())))
                .containsExactly(second + ":3:3: leases.web: it is described twice, first at " + first + ":2:3");
    }

    @Test
    void theFilesOfADirectoryAreReadInOrder() throws IOException {
        Files.writeString(directory.resolve("b.yaml"), WHOLE.replace("web", "b"));
        Files.writeString(directory.resolve("a.yml"), WHOLE.replace("web", "a"));
        Files.writeString(directory.resolve("c.txt"), "no state");
        assertThat(StateFiles.read(directory, false).leases())
                .extracting(WantedLease::name)
                .containsExactly("a", "b");
    }

    @Test
    void aDirectoryWithoutFilesIsNoWantedState() {
        assertThat(problems(() -> StateFiles.read(directory.resolve("none"), true)))
                .singleElement()
                .asString()
                .contains("no files *.yaml, *.yml or *.json in ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-rw-r--", "rw-r--rw-"})
    void aFileThatOthersCanWriteIsRefused(String mode) throws IOException {
        Path file = Files.writeString(directory.resolve("a.yaml"), WHOLE);
        Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString(mode));
        assertThat(problems(() -> StateFiles.requireTrusted(file)))
                .singleElement()
                .asString()
                .matches(".*(can be written by others|belongs to user).*");
    }

    @Test
    void aFileThatDoesNotExistIsNamed() {
        assertThat(problems(() -> StateFiles.read(List.of("/none"), ByteArrayInputStream.nullInputStream())))
                .containsExactly("/none: No such file or directory (ENOENT)");
        assertThat(problems(() -> StateFiles.read(List.of("/"), ByteArrayInputStream.nullInputStream())))
                .containsExactly("/: Is a directory");
    }

    @Test
    void theIdOfAContainerMayLookLikeANumber() throws IOException {
        for (String id : List.of("123456789012", "12345678e012", "0x12", "\"0123\"")) {
            assertThat(read("leases: {a: {nic: e, container: {engine: podman, id: " + id
                            + "}, addresses: [192.0.2.2/24]}}"))
                    .singleElement()
                    .satisfies(lease -> assertThat(lease.guest())
                            .isEqualTo(new GuestSelector.Container(ContainerEngine.PODMAN, id.replace("\"", ""))));
        }
    }
}
