package dev.qlease.node.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.lease.LeaseSpec;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.node.cdi.CdiException.Reason;
import dev.qlease.ops.JsonNodes;
import dev.qlease.rtnetlink.NetkitMode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a hook understands of its arguments, the container's state and its annotations. */
class CdiHookTest {
    private static final String STATE = """
            {"ociVersion": "1.2.0", "id": "c1", "status": "creating", "pid": %s, "bundle": "/b", "root": "/b/rootfs",
             "annotations": {"io.podman.x": "y", "qlease.dev/queues": "2", "qlease.dev/addresses": "198.18.0.2/24"}}""";

    /** lo: each machine has it, and it can lend no queues. */
    private static final String CONFIG = "{\"nic\":{\"name\":\"lo\"}}";

    private static InputStream input(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static OciState state(String text) {
        return OciState.read(input(text));
    }

    private static void assertInvalid(String message, Runnable work) {
        assertThatThrownBy(work::run).isInstanceOfSatisfying(CdiException.class, e -> {
            assertThat(e.reason()).isEqualTo(Reason.INVALID);
            assertThat(e).message().contains(message).hasLineCount(1);
        });
    }

    @Test
    void aStateIsRead() {
        OciState state = state(STATE.formatted("17"));
        assertThat(state.id()).isEqualTo("c1");
        assertThat(state.pid()).isEqualTo(17);
        assertThat(state.bundle()).isEqualTo("/b");
        assertThat(state.annotations("qlease.dev/")).isEqualTo(Map.of("queues", "2", "addresses", "198.18.0.2/24"));
        assertThat(state("{\"id\": \"c\", \"bundle\": \"/b\", \"annotations\": null}")
                        .annotations("a"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | it is empty",
                "[] | a list is not allowed",
                "{ | invalid JSON",
                "{\"id\": \"a\", \"bundle\": \"/b\"} {} | text after the end",
                "{\"bundle\": \"/b\"} | id: missing",
                "{\"id\": \"a\"} | bundle: missing",
                "{\"id\": 1, \"bundle\": \"/b\"} | id: 1 is not allowed",
                "{\"id\": \"a:b\", \"bundle\": \"/b\"} | id: \"a:b\" is not allowed",
                "{\"id\": \"a/../b\", \"bundle\": \"/b\"} | is not allowed",
                "{\"id\": \"a b\", \"bundle\": \"/b\"} | is not allowed",
                "{\"id\": \"a\", \"id\": \"b\", \"bundle\": \"/b\"} | given twice"
            })
    void whatIsNoStateIsRefused(String text, String message) {
        assertInvalid(message, () -> state(text));
    }

    @Test
    void aStateThatIsHugeOrCannotBeReadIsRefused() {
        assertInvalid("exceeds", () -> state("\"" + "x".repeat(2 * JsonNodes.LARGEST)));
        assertInvalid("letters", () -> state("{\"id\": \"" + "a".repeat(513) + "\", \"bundle\": \"/b\"}"));
        assertInvalid(
                "standard input",
                () -> OciState.read(new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("Bad file descriptor");
                    }
                }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "\"17\"", "null", "99999999999", "1.5"})
    void aCreatedContainerHasAProcess(String pid) {
        OciState state = state(STATE.formatted(pid));
        assertInvalid("pid", state::pid);
    }

    @Test
    void anAnnotationIsAString() {
        OciState state = state("{\"id\": \"a\", \"bundle\": \"/b\", \"annotations\": {\"qlease.dev/queues\": 2}}");
        assertInvalid("annotation qlease.dev/queues: 2 is not a string", () -> state.annotations("qlease.dev/"));
    }

    private static LeaseSpec spec(String config, Map<String, String> annotations) {
        try (NetworkNamespace here = NetworkNamespace.current()) {
            return ContainerLease.of("eth0", config, annotations).spec(here, here, "oci:c1:eth0");
        }
    }

    @Test
    void annotationsAddFields() {
        LeaseSpec spec = spec(
                "{\"nic\":{\"name\":\"lo\"},\"redirect\":\"forward\"}",
                Map.of(
                        "addresses", "198.18.0.2/24, 2001:db8:2::2/64",
                        "queues", "3",
                        "guest", "net1",
                        "mode", "l3",
                        "ports", "80,443",
                        "routes", "192.0.2.0/24"));
        assertThat(spec.nic()).isEqualTo("lo");
        assertThat(spec.addresses()).hasToString("[198.18.0.2/24, 2001:db8:2::2/64]");
        assertThat(spec.count()).isEqualTo(3);
        assertThat(spec.guest()).isEqualTo("net1");
        assertThat(spec.mode()).isEqualTo(NetkitMode.L3);
        assertThat(spec.ports()).containsExactly(80, 443);
        assertThat(spec.routes()).hasToString("[192.0.2.0/24]");
        assertThat(spec.owner()).contains("oci:c1:eth0");
        assertThat(spec("{\"nic\":\"lo\",\"redirect\":\"none\"}", Map.of()).guest())
                .isEqualTo("nk0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nic | eth1 | unknown annotation qlease.dev/nic; give qlease.dev/queues, qlease.dev/guest",
                "shared-traffic | true | unknown annotation qlease.dev/shared-traffic",
                "adresses | 198.18.0.2/24 | unknown annotation qlease.dev/adresses",
                "addresses | 198.18.0.2/33 | annotation qlease.dev/addresses: addresses: ",
                "addresses | '' | annotation qlease.dev/addresses: addresses: ",
                "addresses | 198.18.0.2/24,198.18.0.2/24 | 198.18.0.2/24 is given twice",
                "addresses | 127.0.0.1/8 | is a loopback address",
                "queues | 0 | queues: 0 is not allowed; give a number from 1 to 4095",
                "queues | two | queues: \"two\" is not allowed",
                "ports | 0 | ports: 0 is not allowed",
                "redirect | $(id) | redirect: \"$(id)\" is not allowed; give bpf or forward or none",
                "mode | l4 | mode: \"l4\" is not allowed",
                "guest | a/b | a device's name has 1 to 15 letters"
            })
    void anInvalidAnnotationIsRefusedWithItsNameAndWhatIsAllowed(String field, String text, String message) {
        Map<String, String> annotations =
                field.equals("addresses") ? Map.of(field, text) : Map.of(field, text, "addresses", "198.18.0.2/24");
        assertInvalid(message, () -> spec(CONFIG, annotations));
    }

    @Test
    void anAnnotationDoesNotReplaceAFieldOfTheDevice() {
        String config = CdiSpecTest.config(Optional.of(2), Optional.of(List.of("198.18.0.2/24")))
                .json();
        assertInvalid(
                "annotation qlease.dev/addresses is not allowed: device eth0 has a value for all containers",
                () -> spec(config, Map.of("addresses", "198.18.0.3/24")));
    }

    @Test
    void aMissingAddressIsSaidWithTheWaysToGiveOne() {
        assertInvalid(
                "the container has no address for eth0: start it with --annotation qlease.dev/addresses=ADDRESS/LENGTH,"
                        + " or generate the device with --address",
                () -> spec(CONFIG, Map.of()));
    }

    @Test
    void fieldsOfADeviceAreCheckedWhenItIsGenerated() {
        CdiSpecTest.config(Optional.of(2), Optional.empty()).check();
        assertInvalid(
                "options: addresses: ",
                () -> CdiSpecTest.config(Optional.empty(), Optional.of(List.of("198.18.0.2/33")))
                        .check());
        assertInvalid(
                "loopback",
                () -> CdiSpecTest.config(Optional.empty(), Optional.of(List.of("127.0.0.1/8")))
                        .check());
    }

    @Test
    void theOwnersOfTwoContainersDiffer() {
        String owner = CdiHook.owner(state("{\"id\": \"c1\", \"bundle\": \"/a\"}"), "eth0");
        assertThat(owner).matches("oci:c1:eth0:[0-9a-f]{16}");
        assertThat(CdiHook.owner(state("{\"id\": \"c1\", \"bundle\": \"/b\"}"), "eth0"))
                .isNotEqualTo(owner);
        assertThat(CdiHook.owner(state("{\"id\": \"c2\", \"bundle\": \"/a\"}"), "eth0"))
                .isNotEqualTo(owner);
        assertThat(CdiHook.owner(state("{\"id\": \"" + "a".repeat(512) + "\", \"bundle\": \"/a\"}"), "e".repeat(127)))
                .hasSizeLessThan(LeaseSpec.LONGEST_OWNER);
    }

    @Test
    void argumentsOfAHookAreChecked() {
        for (List<String> arguments : List.of(
                List.<String>of(),
                List.of("prestart", "eth0"),
                List.of("createRuntime", "eth0"),
                List.of("poststop", "eth0", CONFIG))) {
            assertInvalid("give createRuntime DEVICE FIELDS", () -> new CdiHook(arguments, input("")));
        }
        assertInvalid("is no name", () -> new CdiHook(List.of("poststop", "a b"), input("")));
    }

    @Test
    void aContainerThatIsNotThereOrSharesTheHostsNetworkIsRefused() {
        List<String> arguments = List.of("createRuntime", "eth0", CONFIG.replace("}}", "},\"guest\":\"net1\"}"));
        String own = Long.toString(ProcessHandle.current().pid());
        assertInvalid(
                "container c1 shares the host's network namespace",
                () -> new CdiHook(arguments, input(STATE.formatted(own))).run());
        // The largest PID is below this on all kernels.
        CdiHook gone = new CdiHook(arguments, input(STATE.formatted("2000000000")));
        assertThatThrownBy(gone::run)
                .isInstanceOfSatisfying(
                        CdiException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NOT_FOUND))
                .hasMessageContaining("the network namespace of container c1, process 2000000000");
    }

    @Test
    void deletingWhatIsNotThereSucceedsWithoutAProcess() {
        CdiHook hook = new CdiHook(
                List.of("poststop", "eth0"), input("{\"id\": \"never\", \"bundle\": \"/never\", \"annotations\": 3}"));
        hook.run();
        assertThat(CdiHook.owner(state("{\"id\": \"never\", \"bundle\": \"/never\"}"), "eth0"))
                .startsWith("oci:never:eth0:");
    }
}
