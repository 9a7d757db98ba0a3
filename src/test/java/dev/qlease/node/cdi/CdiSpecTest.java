package dev.qlease.node.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.fixture.Records;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.ops.FileNode;
import dev.qlease.ops.JsonNodes;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is written, against the rules of the specification's schema, and where. */
class CdiSpecTest {
    private static final LeaseConfig CONFIG = config(Optional.of(2), Optional.empty());

    @TempDir
    private Path directory;

    static LeaseConfig config(Optional<Integer> queues, Optional<List<String>> addresses) {
        return new LeaseConfig(
                Map.of("name", "eth0"),
                queues,
                Optional.empty(),
                addresses,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static CdiSpec spec(List<CdiSpec.Device> devices) {
        return new CdiSpec(
                "/usr/lib/qlease/bin/qlease", List.of("JAVA_HOME=/opt/jdk"), List.of("/dev/udmabuf"), devices);
    }

    private static Link link(String name, List<String> others, String permanentAddress, String pci) {
        Map<String, Object> values = new HashMap<>(Map.of("ifname", name, "altIfname", others));
        if (!permanentAddress.isEmpty()) {
            values.put("permAddress", Optional.of(HardwareAddress.parse(permanentAddress)));
        }
        if (!pci.isEmpty()) {
            values.put("parentDevBusName", Optional.of("pci"));
            values.put("parentDevName", Optional.of(pci));
        }
        return Records.of(Link.class, values);
    }

    private static Map<String, FileNode> members(FileNode node, String... required) {
        Map<String, FileNode> members = new HashMap<>();
        for (FileNode.Member member : ((FileNode.Members) node).members()) {
            assertThat(members.put(member.key(), member.value())).isNull();
        }
        assertThat(members).containsOnlyKeys(required);
        return members;
    }

    private static List<FileNode> items(FileNode node) {
        return ((FileNode.Items) node).items();
    }

    private static String text(FileNode node) {
        FileNode.Scalar scalar = (FileNode.Scalar) node;
        assertThat(scalar.plain()).isFalse();
        return scalar.text();
    }

    @Test
    void itIsASpecificationOfTheSchema() {
        String json = spec(List.of(new CdiSpec.Device("eth0", CONFIG), new CdiSpec.Device("eth1", CONFIG)))
                .json();
        FileNode root = JsonNodes.parse("spec", json.getBytes(StandardCharsets.UTF_8));
        Map<String, FileNode> spec = members(root, "cdiVersion", "kind", "devices", "containerEdits");
        // Hooks, and device names that begin with a digit, are allowed from 0.5.0 on.
        assertThat(text(spec.get("cdiVersion"))).isEqualTo("0.5.0");
        assertThat(text(spec.get("kind"))).matches("[a-z0-9.-]+/[A-Za-z][A-Za-z0-9_-]*");
        assertThat(items(spec.get("devices"))).hasSize(2).allSatisfy(CdiSpecTest::requireDevice);
        Map<String, FileNode> edits = members(spec.get("containerEdits"), "deviceNodes");
        assertThat(items(edits.get("deviceNodes"))).singleElement().satisfies(node -> {
            assertThat(text(members(node, "path").get("path"))).isEqualTo("/dev/udmabuf");
        });
        assertThat(json).isASCII().endsWith("}\n");
    }

    private static void requireDevice(FileNode node) {
        Map<String, FileNode> device = members(node, "name", "containerEdits");
        assertThat(text(device.get("name"))).matches("[A-Za-z0-9]+");
        List<FileNode> hooks =
                items(members(device.get("containerEdits"), "hooks").get("hooks"));
        assertThat(hooks).hasSize(2).allSatisfy(hook -> {
            Map<String, FileNode> fields = members(hook, "hookName", "path", "args", "env");
            assertThat(text(fields.get("path"))).startsWith("/");
            assertThat(items(fields.get("env")))
                    .allSatisfy(variable -> assertThat(text(variable)).matches("[A-Z_]+=.*"));
            assertThat(text(items(fields.get("args")).get(3))).isEqualTo(text(fields.get("hookName")));
        });
        assertThat(hooks.stream()
                        .map(hook -> text(
                                ((FileNode.Members) hook).members().getFirst().value())))
                .containsExactly("createRuntime", "poststop");
    }

    @Test
    void equalSpecificationsGiveEqualText() {
        List<Link> links = List.of(link("b", List.of(), "", ""), link("a", List.of(), "", ""));
        CapableNics.Found found = CapableNics.devices(links, links, CONFIG);
        CapableNics.Found reversed = CapableNics.devices(links.reversed(), links, CONFIG);
        assertThat(spec(found.devices()).json())
                .isEqualTo(spec(reversed.devices()).json());
        assertThat(found.devices()).extracting(CdiSpec.Device::name).containsExactly("a", "b");
    }

    @Test
    void withoutDeviceNodesAndVariablesThereAreNoEmptyLists() {
        CdiSpec spec = new CdiSpec("/q", List.of(), List.of(), List.of(new CdiSpec.Device("a", CONFIG)));
        assertThat(spec.json()).doesNotContain("deviceNodes", "\"env\"");
    }

    @ParameterizedTest
    @CsvSource({
        "eth0, true",
        "0, true",
        "p1:2, true",
        "a.100, true",
        "enp1s0f0_np-1, true",
        "a., false",
        "-a, false",
        "a@b, false",
        "'a b', false",
        "é, false",
        "'', false",
        "a/b, false"
    })
    void namesAreThoseThatCdiAllows(String name, boolean allowed) {
        assertThat(CdiSpec.isDeviceName(name)).isEqualTo(allowed);
    }

    @Test
    void aNicOfAnOddNameHasItsAlternativeNameOrIsLeftOut() {
        List<Link> links = List.of(
                link("nic@1", List.of("nic 1", "nic1"), "", ""),
                link("$(id)", List.of(), "", ""),
                link("eth0", List.of(), "", ""));
        CapableNics.Found found = CapableNics.devices(links, links, CONFIG);
        assertThat(found.devices()).extracting(CdiSpec.Device::name).containsExactly("eth0", "nic1");
        assertThat(found.notes()).singleElement().asString().contains("\"$(id)\" was left out", "altname");
        List<Link> odd = links.subList(1, 2);
        assertThatThrownBy(() -> CapableNics.devices(odd, links, CONFIG))
                .isInstanceOf(CdiException.class)
                .hasMessageContaining("left out");
    }

    @Test
    void aNicIsSelectedByWhatNoOtherDeviceHas() {
        Link alone = link("a", List.of(), "02:00:00:00:00:0A", "0000:01:00.0");
        Link same = link("b", List.of(), "02:00:00:00:00:01", "0000:02:00.0");
        Link sameAgain = link("c", List.of(), "02:00:00:00:00:01", "0000:03:00.0");
        Link port = link("d", List.of(), "", "0000:04:00.0");
        Link otherPort = link("e", List.of(), "", "0000:04:00.0");
        List<Link> links = List.of(alone, same, sameAgain, port, otherPort);
        assertThat(CapableNics.devices(links, links, CONFIG).devices())
                .extracting(device -> device.config().nic())
                .containsExactly(
                        Map.of("permanent-address", "02:00:00:00:00:0a"),
                        Map.of("pci-address", "0000:02:00.0"),
                        Map.of("pci-address", "0000:03:00.0"),
                        Map.of("name", "d"),
                        Map.of("name", "e"));
    }

    @Test
    void aFileIsReplacedOnlyIfItIsOurs() throws IOException {
        Path file = directory.resolve("cdi/qlease.json");
        SpecFile target = new SpecFile(file);
        target.write(spec(List.of(new CdiSpec.Device("a", CONFIG))));
        target.write(spec(List.of(new CdiSpec.Device("b", CONFIG))));
        assertThat(file).content().contains("\"name\" : \"b\"").doesNotContain("\"name\" : \"a\"");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r--r--");
        try (var files = Files.list(directory.resolve("cdi"))) {
            assertThat(files).containsExactly(file);
        }
        for (String other : Set.of("", "[]", "{\"kind\": \"nvidia.com/gpu\"}", "\0\0", "{\"kind\": {}}")) {
            Files.writeString(file, other);
            assertThatThrownBy(() -> target.write(spec(List.of())))
                    .isInstanceOf(CdiException.class)
                    .hasMessageContaining("is not a file of qlease cdi generate, and was left as it is");
            assertThat(file).content().isEqualTo(other);
        }
    }

    @Test
    void aFileThatOthersCouldChangeIsNotWritten() throws IOException {
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> new SpecFile(open.resolve("a.json")).write(spec(List.of())))
                .isInstanceOf(CdiException.class)
                .hasMessageContaining("can be written by others");
        Path link = Files.createSymbolicLink(directory.resolve("link.json"), directory.resolve("target"));
        assertThatThrownBy(() -> new SpecFile(link).write(spec(List.of())))
                .isInstanceOf(CdiException.class)
                .hasMessageContaining("is not a file");
        assertThatThrownBy(() -> new SpecFile(Path.of("/")))
                .isInstanceOf(CdiException.class)
                .hasMessageContaining("give the name of a file");
        assertThat(new SpecFile(Path.of("a.txt")).isReadByEngines()).isFalse();
    }
}
