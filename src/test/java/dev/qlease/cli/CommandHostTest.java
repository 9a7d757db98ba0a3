package dev.qlease.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Sandbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("host")
@Timeout(60)
class CommandHostTest {
    private Sandbox sandbox;
    private Link veth;

    @BeforeEach
    void makeDevices() throws InterruptedException {
        sandbox = Sandbox.create();
        veth = sandbox.veth("a0", "b0");
        sandbox.rtnl().links().up(veth.ifindex());
        sandbox.rtnl().links().up(veth.link().orElseThrow());
        sandbox.rtnl().links().addAltIfname(veth.ifindex(), "the-long-name-of-a0");
        sandbox.awaitUp(veth.ifindex());
        sandbox.awaitUp(veth.link().orElseThrow());
    }

    @AfterEach
    void removeDevices() {
        sandbox.close();
    }

    private record Ran(ExitCode exitCode, String out, String err) {}

    private static Ran run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, err)).run(args);
        return new Ran(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private Ran there(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--netns", sandbox.name()));
        return run(all.toArray(String[]::new));
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> objects(String json) {
        return (List<Map<String, Object>>) parse(json);
    }

    private static Object parse(String json) {
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            parser.nextToken();
            Object value = value(parser);
            assertThat(parser.nextToken()).as("nothing after it").isNull();
            return value;
        } catch (IOException e) {
            throw new UncheckedIOException(json, e);
        }
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_ARRAY -> {
                List<Object> list = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(value(parser));
                }
                yield list;
            }
            case START_OBJECT -> {
                Map<String, Object> object = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    object.put(name, value(parser));
                }
                yield object;
            }
            case VALUE_NUMBER_INT -> parser.getBigIntegerValue();
            case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
            default -> parser.getText();
        };
    }

    private static BigInteger number(int value) {
        return BigInteger.valueOf(value);
    }

    @Test
    void queuesAreListedAsJsonWithTheKernelsNames() {
        Ran ran = there("queues", "--json");
        assertThat(ran.err()).isEmpty();
        assertThat(ran.exitCode()).isEqualTo(ExitCode.DONE);
        assertThat(objects(ran.out()))
                .filteredOn(queue -> queue.get("ifname").equals("a0"))
                .contains(Map.of("id", number(0), "type", "tx", "ifindex", number(veth.ifindex()), "ifname", "a0"))
                .allSatisfy(queue -> assertThat(queue.get("ifindex")).isEqualTo(number(veth.ifindex())));
    }

    @Test
    void aDeviceIsNamedByNameByOtherNameOrByIfindex() {
        String byName = there("queues", "a0").out();
        assertThat(byName)
                .startsWith("IFINDEX  IFNAME  TYPE  ID")
                .contains("a0      rx     0")
                .doesNotContain("b0");
        assertThat(there("queues", "the-long-name-of-a0").out()).isEqualTo(byName);
        assertThat(there("queues", Integer.toString(veth.ifindex())).out()).isEqualTo(byName);
    }

    @Test
    void aNamespaceIsNamedByNameByPathOrByProcess() {
        String byName = there("links").out();
        assertThat(byName).contains("a0", "b0", "veth");
        assertThat(run("links", "-n", "/run/netns/" + sandbox.name()).out()).isEqualTo(byName);
        String own = Long.toString(ProcessHandle.current().pid());
        assertThat(run("links", "-n", own).out()).isEqualTo(run("links").out());
    }

    @Test
    void linksSayWhatTheyAre() {
        assertThat(objects(there("links", "a0", "--json").out()))
                .singleElement()
                .satisfies(link -> {
                    assertThat(link).containsEntry("ifname", "a0").containsEntry("mtu", number(1500));
                    assertThat(link.get("alt-ifname")).isEqualTo(List.of("the-long-name-of-a0"));
                    assertThat(link.get("linkinfo")).isEqualTo(Map.of("kind", "veth", "data", Map.of()));
                    assertThat(link.get("flags"))
                            .asInstanceOf(InstanceOfAssertFactories.LIST)
                            .contains("up");
                    assertThat(link.get("stats64"))
                            .asInstanceOf(InstanceOfAssertFactories.MAP)
                            .containsKey("rx-packets");
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"queues", "napi", "page-pools", "page-pools --stats", "stats", "stats --per-queue", "links"})
    void everyListIsAnArray(String list) {
        List<String> args = new ArrayList<>(List.of(list.split(" ")));
        args.add("--json");
        Ran ran = there(args.toArray(String[]::new));
        if (ran.exitCode() == ExitCode.UNSUPPORTED) {
            assertThat(ran.out()).isEmpty();
            assertThat(parse(ran.err()))
                    .asInstanceOf(InstanceOfAssertFactories.MAP)
                    .containsEntry("exit", number(3));
        } else {
            assertThat(ran.exitCode()).isEqualTo(ExitCode.DONE);
            assertThat(parse(ran.out())).isInstanceOf(List.class);
        }
    }

    @Test
    void anEmptyListSaysSoOnStandardErrorAlone() {
        sandbox.rtnl().links().create(LinkSpec.named("c0").veth(LinkSpec.named("d0")));
        Ran ran = there("queues", "c0");
        assertThat(ran.exitCode()).isEqualTo(ExitCode.DONE);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).isEqualTo("qlease: no queues: only devices that are up have them\n");
        assertThat(there("queues", "c0", "--json").out()).isEqualTo("[]\n");
    }

    @Test
    void whatIsNotThereIsNamed() {
        Ran device = there("queues", "nix");
        assertThat(device.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(device.err())
                .isEqualTo("qlease: no device \"nix\" in network namespace " + sandbox.name()
                        + "; qlease links --netns " + sandbox.name() + " lists all devices\n");
        Ran namespace = run("queues", "--netns", "no-such-namespace");
        assertThat(namespace.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(namespace.err()).startsWith("qlease: no network namespace \"no-such-namespace\": ");
        Ran file = run("queues", "--netns", "/dev/null", "--json");
        assertThat(file.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(file.out()).isEmpty();
        assertThat(objects("[" + file.err() + "]"))
                .containsExactly(Map.of("error", "/dev/null is no network namespace", "exit", number(5)));
    }

    @Test
    void theDoctorGivesAVerdictOnEverything() {
        Ran ran = there("doctor", "a0", "--json");
        List<Map<String, Object>> findings = objects(ran.out());
        assertThat(findings)
                .extracting(finding -> finding.get("check"))
                .doesNotHaveDuplicates()
                .contains(
                        "queue-get",
                        "queue-create lease",
                        "netkit",
                        "netkit netmem_tx",
                        "dma-buf of udmabuf",
                        "cap_net_admin",
                        "tcp-data-split");
        assertThat(findings)
                .allSatisfy(finding -> assertThat(finding.get("verdict")).isIn("yes", "no", "unknown"));
        boolean missing = findings.stream()
                .anyMatch(
                        finding -> Boolean.TRUE.equals(finding.get("needed")) && !"yes".equals(finding.get("verdict")));
        assertThat(ran.exitCode()).isEqualTo(missing ? ExitCode.UNSUPPORTED : ExitCode.DONE);
        assertThat(findings)
                .filteredOn(finding -> "driver".equals(finding.get("check")))
                .extracting(finding -> finding.get("detail"))
                .containsExactly("veth");
    }

    @Test
    void theMonitorHearsLinksAppearAndGo() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Qlease qlease = new Qlease(new Output(out, OutputStream.nullOutputStream()));
        Thread monitor = Thread.ofPlatform()
                .start(() -> qlease.run("monitor", "--json", "--duration", "20", "--netns", sandbox.name()));
        List<String> expected =
                List.of("\"name\":\"newlink\"", "\"name\":\"dellink\"", "\"dev-add-ntf\"", "\"ifname\":\"m0\"");
        while (monitor.isAlive() && !expected.stream().allMatch(out.toString(StandardCharsets.UTF_8)::contains)) {
            Link link = sandbox.veth("m0", "m1");
            Thread.sleep(50);
            sandbox.rtnl().links().delete(link.ifindex());
        }
        String heard = out.toString(StandardCharsets.UTF_8);
        assertThat(heard).contains(expected);
        assertThat(heard.substring(0, heard.lastIndexOf('\n')).lines()).allSatisfy(line -> {
            Map<String, Object> event = objects("[" + line + "]").getFirst();
            assertThat(event).containsKeys("time", "name", "msg");
        });
        monitor.interrupt();
        monitor.join();
    }
}
