package dev.qlease.node.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.node.cni.CniResult.Dns;
import dev.qlease.node.cni.CniResult.Interface;
import dev.qlease.node.cni.CniResult.Ip;
import dev.qlease.node.cni.CniResult.Route;
import dev.qlease.ops.FieldValues;
import dev.qlease.ops.JsonNodes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What engines may and may not say to the plugin, and what it prints in each version of the specification. */
class CniProtocolTest {
    private static final String CONFIG = """
            {"cniVersion": "1.1.0", "name": "net", "type": "qlease-cni", "nic": "none-such",
             "addresses": ["198.18.0.2/24"]%s}""";

    @TempDir
    private Path directory;

    private static void assertRefused(
            CniCode code, String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable run) {
        assertThatThrownBy(run).isInstanceOfSatisfying(CniException.class, e -> {
            assertThat(e.getMessage()).contains(message);
            assertThat(e.code()).isEqualTo(code.number());
        });
    }

    private void assertRefused(CniCode code, String message, String command, String config) {
        assertRefused(code, message, () -> new Invocation(directory, command).run(config));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "", ".x", "-x", "a/b", "a b", "a\nb", "ä", "a:b", "$(x)"})
    void aContainerIdThatIsNoneIsRefused(String id) {
        for (String command : List.of("ADD", "DEL", "CHECK")) {
            assertRefused(
                    CniCode.ENVIRONMENT,
                    "CNI_CONTAINERID",
                    () -> new Invocation(directory, command)
                            .with("CNI_CONTAINERID", id)
                            .run(CONFIG.formatted("")));
        }
    }

    @Test
    void namesHaveABoundedLength() {
        assertThat("a".repeat(256)).matches(Attachment.NAME);
        assertThat("a".repeat(257)).doesNotMatch(Attachment.NAME);
        String owner = new Attachment("n".repeat(256), "c".repeat(256), "i".repeat(15)).owner();
        assertThat(owner.length()).isLessThanOrEqualTo(dev.qlease.lease.LeaseSpec.LONGEST_OWNER);
        assertThat(Attachment.parse(owner).owner()).isEqualTo(owner);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "a:b", "a b", "0123456789abcdef", "\u001b[31m"})
    void anInterfaceNameThatTheKernelRefusesIsRefused(String name) {
        assertRefused(
                CniCode.ENVIRONMENT,
                "CNI_IFNAME",
                () -> new Invocation(directory, "ADD").with("CNI_IFNAME", name).run(CONFIG.formatted("")));
    }

    @Test
    void aVariableThatIsMissingOrUnknownIsNamed() {
        assertRefused(CniCode.ENVIRONMENT, "CNI_COMMAND is not set", "", "{}");
        assertRefused(CniCode.ENVIRONMENT, "CNI_COMMAND is \"add\"", "add", "{}");
        assertRefused(
                CniCode.ENVIRONMENT,
                "CNI_NETNS is not set",
                () -> new Invocation(directory, "ADD").with("CNI_NETNS", "").run(CONFIG.formatted("")));
        assertRefused(
                CniCode.ENVIRONMENT,
                "CNI_ARGS is \"x\"",
                () -> new Invocation(directory, "ADD").with("CNI_ARGS", "x").run(CONFIG.formatted("")));
        assertThat(new Invocation(directory, "ADD")
                        .with("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAME=p")
                        .parameters()
                        .environment())
                .containsEntry("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAME=p");
    }

    @Test
    void whatIsNoNetworkNamespaceIsRefused() {
        for (String path : List.of("/proc/self/ns/mnt", "/dev/null", "/no/such/file", directory.toString())) {
            assertRefused(
                    CniCode.ENVIRONMENT,
                    path,
                    () -> new Invocation(directory, "ADD")
                            .with("CNI_NETNS", path)
                            .run(CONFIG.formatted("")));
        }
        assertRefused(CniCode.ENVIRONMENT, "which is the namespace of the NICs", "ADD", CONFIG.formatted(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "1", "{} {}", "{\"name\": }", "null", "nics: {}", "{\"a\": 1, \"a\": 2}"})
    void anInputThatIsNoJsonObjectIsRefused(String input) {
        assertRefused(CniCode.DECODING, "network configuration", "DEL", input);
    }

    @Test
    void anInputThatIsTooLargeOrTooDeepIsRefused() {
        String large = "{\"name\": \"" + "a".repeat(2 << 20) + "\"}";
        assertRefused(CniCode.DECODING, "exceeds 1048576 bytes", "DEL", large);
        assertRefused(CniCode.DECODING, "invalid JSON", "DEL", "{\"name\": " + "[".repeat(100_000));
    }

    @Test
    void anInputThatCannotBeReadIsRefused() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("Bad file descriptor");
            }
        };
        CniPlugin plugin = new CniPlugin(Map.of("CNI_COMMAND", "STATUS"), broken);
        assertRefused(CniCode.INPUT, "Bad file descriptor", () -> plugin.run(_ -> {}));
    }

    @ParameterizedTest
    @CsvSource({
        "ADD,0.2.0,is not supported",
        "ADD,1.2.0,is not supported",
        "ADD,,is not supported",
        "CHECK,0.3.1,has no CHECK",
        "GC,1.0.0,has no GC",
        "STATUS,1.0.0,has no STATUS"
    })
    void aVersionThatDoesNotHaveTheCommandIsRefused(String command, String version, String message) {
        String member = version == null ? "" : "\"cniVersion\": \"" + version + "\", ";
        assertRefused(CniCode.INCOMPATIBLE_VERSION, message, command, "{" + member + "\"name\": \"net\"}");
    }

    @Test
    void aNetworkNeedsAName() {
        for (String name : List.of("", "../x", "a/b", "a:b", ".a")) {
            assertRefused(
                    CniCode.CONFIGURATION, "name: ", "DEL", "{\"cniVersion\": \"1.0.0\", \"name\": \"" + name + "\"}");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2|, \"colour\": \"red\"|colour: \"red\" is not supported",
                "2|, \"netns\": \"blue\"|netns: \"blue\" is not supported",
                "2|, \"ipMasq\": true|ipMasq: true is not supported",
                "2|, \"runtimeConfig\": {\"mac\": \"02:00:00:00:00:01\"}|runtimeConfig.mac",
                "2|, \"runtimeConfig\": {\"ipRanges\": []}|runtimeConfig.ipRanges",
                "7|, \"ipam\": {\"type\": \"static\"}|ipam and addresses exclude each other",
                "7|, \"ipam\": {\"type\": \"../static\"}|ipam.type",
                "7|, \"guest\": \"nk0\"|the engine names the device",
                "7|, \"queues\": 0|queues: 0 is not allowed",
                "7|, \"mode\": \"l4\"|mode: \"l4\" is not allowed; give l2 or l3",
                "7|, \"runtimeConfig\": {\"ips\": [\"x\"]}|runtimeConfig.ips"
            })
    void aFieldThatIsInvalidIsNamed(int code, String fields, String message) {
        CniCode expected = code == 2 ? CniCode.UNSUPPORTED_FIELD : CniCode.CONFIGURATION;
        assertRefused(expected, message, () -> lease(CONFIG.formatted(fields)));
    }

    private static dev.qlease.ops.LeaseTemplate lease(String config) {
        return NetworkConfig.parse(config.getBytes(StandardCharsets.UTF_8), Operation.ADD)
                .lease();
    }

    @Test
    void theTimeoutForOtherOperationsIsTwoMinutesOrAsConfigured() {
        assertThat(lockTimeout("")).isEqualTo(Duration.ofMinutes(2));
        assertThat(lockTimeout(", \"lock-timeout\": null")).isEqualTo(Duration.ofMinutes(2));
        assertThat(lockTimeout(", \"lock-timeout\": 1")).isEqualTo(Duration.ofSeconds(1));
        assertThat(lockTimeout(", \"lock-timeout\": 3600")).isEqualTo(Duration.ofHours(1));
        assertThat(lease(CONFIG.formatted(", \"lock-timeout\": 600"))).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "3601", "-1", "1.5", "1e2", "\"600\"", "\"10m\"", "true", "[600]", "{}"})
    void anInvalidTimeoutIsRefusedExceptByDeletions(String value) {
        String config = CONFIG.formatted(", \"lock-timeout\": " + value);
        NetworkConfig parsed = NetworkConfig.parse(config.getBytes(StandardCharsets.UTF_8), Operation.ADD);
        for (Operation operation : List.of(Operation.ADD, Operation.CHECK, Operation.STATUS)) {
            assertRefused(
                    CniCode.CONFIGURATION,
                    "is not allowed; give a number from 1 to 3600",
                    () -> CniPlugin.lockTimeout(parsed, operation));
            assertRefused(CniCode.CONFIGURATION, "lock-timeout: ", operation.name(), config);
        }
        for (Operation operation : List.of(Operation.DEL, Operation.GC)) {
            assertThat(CniPlugin.lockTimeout(parsed, operation)).isEqualTo(Duration.ofMinutes(2));
        }
    }

    private static Duration lockTimeout(String fields) {
        return NetworkConfig.parse(CONFIG.formatted(fields).getBytes(StandardCharsets.UTF_8), Operation.ADD)
                .lockTimeout();
    }

    @Test
    void anEngineCanRequestAddresses() {
        assertThat(lease(CONFIG.formatted(", \"capabilities\": {\"ips\": true},"
                                + " \"runtimeConfig\": {\"ips\": [\"198.18.0.9/24\"]}"))
                        .addresses())
                .containsExactly("198.18.0.9/24");
        assertThat(lease(CONFIG.formatted(", \"ipMasq\": false, \"cni.dev/x\": 1, \"dns\": {}"))
                        .addresses())
                .containsExactly("198.18.0.2/24");
    }

    @Test
    void aVersionIsAlwaysAnswered() throws IOException {
        String all = "\"supportedVersions\":[\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}\n";
        assertThat(new Invocation(directory, "VERSION").run("{\"cniVersion\": \"0.4.0\"}"))
                .isEqualTo("{\"cniVersion\":\"0.4.0\"," + all);
        assertThat(new Invocation(directory, "VERSION").run("")).isEqualTo("{\"cniVersion\":\"1.1.0\"," + all);
        assertThat(new Invocation(directory, "VERSION").run("{\"cniVersion\": \"9.0\"}"))
                .isEqualTo("{\"cniVersion\":\"9.0\"," + all);
    }

    private static final CniResult RESULT = new CniResult(
            List.of(
                    new Interface(
                            "ql0",
                            Optional.of("02:00:00:00:00:01"),
                            OptionalLong.of(1500),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty()),
                    new Interface(
                            "eth0",
                            Optional.empty(),
                            OptionalLong.of(1500),
                            Optional.of("/run/netns/a"),
                            Optional.empty(),
                            Optional.of("0000:01:00.0"))),
            List.of(
                    new Ip("198.18.0.2/24", Optional.of("198.18.0.1"), OptionalInt.of(1)),
                    new Ip("2001:db8:2::2/64", Optional.empty(), OptionalInt.of(1))),
            List.of(new Route(
                    "0.0.0.0/0",
                    Optional.of("198.18.0.1"),
                    OptionalLong.of(1400),
                    OptionalLong.empty(),
                    OptionalLong.of(5),
                    OptionalLong.empty(),
                    OptionalLong.of(253))),
            new Dns(List.of("192.0.2.53"), Optional.of("example"), List.of(), List.of("ndots:2")));

    @Test
    void aResultHasTheFieldsOfItsVersion() {
        assertThat(CniJson.result(CniVersion.V1_1_0, RESULT))
                .isEqualTo(
                        "{\"cniVersion\":\"1.1.0\",\"interfaces\":["
                                + "{\"name\":\"ql0\",\"mac\":\"02:00:00:00:00:01\",\"mtu\":1500},"
                                + "{\"name\":\"eth0\",\"sandbox\":\"/run/netns/a\",\"mtu\":1500,\"pciID\":\"0000:01:00.0\"}],"
                                + "\"ips\":[{\"address\":\"198.18.0.2/24\",\"gateway\":\"198.18.0.1\",\"interface\":1},"
                                + "{\"address\":\"2001:db8:2::2/64\",\"interface\":1}],"
                                + "\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"198.18.0.1\",\"mtu\":1400,\"priority\":5,\"scope\":253}],"
                                + "\"dns\":{\"nameservers\":[\"192.0.2.53\"],\"domain\":\"example\",\"options\":[\"ndots:2\"]}}\n");
        assertThat(CniJson.result(CniVersion.V1_0_0, RESULT))
                .doesNotContain("mtu", "pciID", "scope", "\"version\"")
                .contains("\"gw\":\"198.18.0.1\"");
        for (CniVersion version : List.of(CniVersion.V0_3_0, CniVersion.V0_3_1, CniVersion.V0_4_0)) {
            assertThat(CniJson.result(version, RESULT))
                    .contains(
                            "{\"version\":\"4\",\"address\":\"198.18.0.2/24\"", "{\"version\":\"6\",\"address\":\"2001")
                    .doesNotContain("mtu", "pciID");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aResultOfAnyVersionIsReadBack(CniVersion version) {
        FieldValues values = new FieldValues();
        byte[] printed = CniJson.result(version, RESULT).getBytes(StandardCharsets.UTF_8);
        CniResult read = new ResultReader(values, "result").read(JsonNodes.parse("result", printed), "result");
        assertThat(values.problems()).isEmpty();
        assertThat(read.ips()).isEqualTo(RESULT.ips());
        assertThat(read.dns()).isEqualTo(RESULT.dns());
        assertThat(CniJson.result(version, read)).isEqualTo(CniJson.result(version, RESULT));
    }

    @Test
    void aChainedResultKeepsThePreviousOneAndItsIndexes() {
        CniResult chained = RESULT.and(RESULT);
        assertThat(chained.interfaces()).hasSize(4);
        assertThat(chained.ips())
                .extracting(Ip::interfaceIndex)
                .containsExactly(OptionalInt.of(1), OptionalInt.of(1), OptionalInt.of(3), OptionalInt.of(3));
        assertThat(chained.addressesOf(3)).containsExactly("198.18.0.2/24", "2001:db8:2::2/64");
        assertThat(RESULT.and(CniResult.EMPTY)).isEqualTo(RESULT);
    }

    @Test
    void aPreviousResultThatIsInvalidIsRefused() {
        for (String previous :
                List.of("1", "{\"ips\": [{}]}", "{\"interfaces\": {}}", "{\"ips\": [{\"address\": 1}]}")) {
            assertRefused(
                    CniCode.CONFIGURATION,
                    "prevResult",
                    () -> NetworkConfig.parse(
                                    CONFIG.formatted(", \"prevResult\": " + previous)
                                            .getBytes(StandardCharsets.UTF_8),
                                    Operation.ADD)
                            .previous());
        }
    }

    @Test
    void theAttachmentsOfAGarbageCollectionMustBeGiven() {
        assertRefused(CniCode.CONFIGURATION, "cni.dev/valid-attachments: missing", () -> gc("").validAttachments());
        assertRefused(
                CniCode.CONFIGURATION,
                "ifname: missing",
                () -> gc(", \"cni.dev/valid-attachments\": [{\"containerID\": \"a\"}]")
                        .validAttachments());
        assertThat(gc(", \"cni.dev/valid-attachments\": null").validAttachments())
                .isEmpty();
        assertThat(gc(", \"cni.dev/attachments\": [{\"containerID\": \"a\", \"ifname\": \"eth0\"}]")
                        .validAttachments())
                .containsExactly(new Attachment("net", "a", "eth0"));
    }

    private static NetworkConfig gc(String more) {
        String config = "{\"cniVersion\": \"1.1.0\", \"name\": \"net\"" + more + "}";
        return NetworkConfig.parse(config.getBytes(StandardCharsets.UTF_8), Operation.GC);
    }

    @Test
    void anErrorIsOneLineOfAsciiWhateverItSays() {
        assertThat(CniJson.error("1.1.0", 7, "a\n\"b\" ä \ud800 \u001b[31m", List.of("x", "y")))
                .isEqualTo("{\"cniVersion\":\"1.1.0\",\"code\":7,\"msg\":\"a\\n\\\"b\\\" \\u00E4 \\uD800 \\u001B[31m\","
                        + "\"details\":\"x; y\"}\n");
    }
}
