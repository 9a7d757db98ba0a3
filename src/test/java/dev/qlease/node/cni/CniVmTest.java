package dev.qlease.node.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.Leases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged plugin, invoked as engines do, on the emulated NIC. */
@Tag("vm")
@Timeout(900)
class CniVmTest {
    /** Engines start many pods at once after a reboot. */
    private static final int AT_ONCE = 8;

    private static final int KILLS = 4;

    private static final String STATIC = """
            {"cniVersion": "1.1.0", "name": "net", "type": "qlease-cni", "nic": {"driver": "qnic", "speed": 100000},
             "addresses": ["198.18.0.2/24"], "routes": ["192.0.2.0/24"]%s}""";

    /** The addresses are assigned by a plugin that keeps them in files below the folder of the test. */
    private static final String DELEGATED = """
            {"cniVersion": "1.0.0", "name": "net", "type": "qlease-cni", "nic": "qnic0",
             "ipam": {"type": "host-local", "dataDir": "%s", "ranges": [[{"subnet": "198.18.0.0/24"}]],
                      "routes": [{"dst": "192.0.2.0/24"}]}}""";

    @TempDir
    private Path directory;

    private Engine engine;
    private MachineState before;
    private final List<String> namespaces = new ArrayList<>();

    @BeforeAll
    static void manyQueues() {
        assertThat(Engine.PLUGIN).as("made by mvn package").isExecutable();
        reload("--queues 32");
    }

    @AfterAll
    static void fewQueues() {
        reload("");
    }

    private static void reload(String options) {
        Commands.script("""
                ip netns del remote
                until rmmod qnic 2>/dev/null; do sleep 0.1; done
                ci/nic/setup %s
                while ip -6 address show tentative | grep -q .; do sleep 0.1; done
                """.formatted(options));
    }

    @BeforeEach
    void open() {
        engine = new Engine(directory);
        before = MachineState.read();
    }

    @AfterEach
    void nothingIsLeft() {
        for (String name : namespaces) {
            Commands.outcome("ip", "netns", "del", name);
        }
        try (Leases leases = Leases.open()) {
            leases.list().forEach(lease -> leases.delete(lease.name()));
        }
    }

    /** The machine is as before, once the containers are gone. */
    private void assertRestored() {
        namespaces.forEach(name -> Commands.outcome("ip", "netns", "del", name));
        namespaces.clear();
        before.assertRestored();
    }

    /** Makes a network namespace, as an engine does, and returns its path. */
    private String container(String name) {
        Commands.run("ip", "netns", "add", name);
        namespaces.add(name);
        return "/run/netns/" + name;
    }

    private String delegated() {
        return DELEGATED.formatted(directory.resolve("ipam"));
    }

    /** The containers that have an address, and the interface. */
    private List<String> assigned() throws IOException {
        Path network = directory.resolve("ipam/net");
        List<String> assigned = new ArrayList<>();
        if (Files.isDirectory(network)) {
            try (var files = Files.newDirectoryStream(network, "198.*")) {
                for (Path file : files) {
                    assigned.add(Files.readString(file).lines().findFirst().orElse(""));
                }
            }
        }
        return assigned;
    }

    private static List<LeaseInfo> leases() {
        try (Leases leases = Leases.open()) {
            return leases.list();
        }
    }

    private static void assertSucceeds(Engine.Outcome outcome) {
        assertThat(outcome.status()).as(outcome.toString()).isZero();
        assertThat(outcome.messages()).isEmpty();
    }

    private static void assertFails(int code, String message, Engine.Outcome outcome) throws IOException {
        assertThat(outcome.status()).as(outcome.toString()).isNotZero();
        assertThat(outcome.code()).as(outcome.toString()).isEqualTo(code);
        assertThat(outcome.printed()).contains(message).hasLineCount(1);
    }

    /** The configuration with the result of ADD, as it is passed to CHECK and DEL. */
    private static String after(Engine.Outcome added, String config) {
        return config.substring(0, config.lastIndexOf('}')) + ", \"prevResult\": " + added.printed() + "}";
    }

    @Test
    void aContainerIsAddedCheckedAndDeletedTwice() throws Exception {
        String netns = container("one");
        String config = STATIC.formatted("");
        assertSucceeds(engine.run("STATUS", "", "", config));
        Engine.Outcome added = engine.run("ADD", "c1", netns, config);
        assertSucceeds(added);
        String mac = "[0-9a-f]{2}(:[0-9a-f]{2}){5}";
        assertThat(added.printed())
                .matches(Pattern.compile("\\{\"cniVersion\":\"1.1.0\",\"interfaces\":\\["
                        + "\\{\"name\":\"ql0\",\"mac\":\"" + mac + "\",\"mtu\":1500},"
                        + "\\{\"name\":\"eth0\",\"mac\":\"" + mac + "\",\"sandbox\":\"/run/netns/one\",\"mtu\":1500}],"
                        + "\"ips\":\\[\\{\"address\":\"198.18.0.2/24\",\"interface\":1}],"
                        + "\"routes\":\\[\\{\"dst\":\"192.0.2.0/24\"}],\"dns\":\\{}}\n"));
        assertThat(leases()).singleElement().satisfies(lease -> {
            assertThat(lease.owner()).contains("cni:net:c1:eth0");
            assertThat(lease.status()).isEqualTo(LeaseInfo.Status.READY);
        });
        Commands.run("ip", "netns", "exec", "one", "ping", "-c", "1", "-W", "20", "192.0.2.1");
        assertSucceeds(engine.run("CHECK", "c1", netns, after(added, config)));
        assertFails(
                100, "there is lease ql0 for interface eth0 of container c1", engine.run("ADD", "c1", netns, config));
        assertFails(104, "there is no lease for", engine.run("CHECK", "c2", netns, after(added, config)));
        assertSucceeds(engine.run("DEL", "c2", netns, config));
        assertThat(leases()).hasSize(1);
        assertSucceeds(engine.run("DEL", "c1", "", after(added, config)));
        assertRestored();
        assertSucceeds(engine.run("DEL", "c1", "/run/netns/never", config));
    }

    @Test
    void aChangeByHandIsFound() throws Exception {
        String netns = container("changed");
        String config = STATIC.formatted("");
        Engine.Outcome added = engine.run("ADD", "c1", netns, config);
        String check = after(added, config);
        String inside = "ip -n changed ";
        List<List<String>> changes = List.of(
                List.of("route del 192.0.2.0/24", "eth0 has no route to 192.0.2.0/24 any more"),
                List.of("address flush dev eth0", "eth0 has no address 198.18.0.2/24 any more"),
                List.of("link set eth0 address 02:00:00:00:00:99", "eth0 has the hardware address 02:00:00:00:00:99"),
                List.of("link set eth0 name eth1", "the container has no eth0 of lease ql0 any more"));
        for (List<String> change : changes) {
            Commands.script(inside + change.getFirst());
            assertFails(104, change.getLast(), engine.run("CHECK", "c1", netns, check));
        }
        String other = container("other");
        assertFails(104, "is of another network namespace", engine.run("CHECK", "c1", other, check));
        Commands.script("ip link del ql0");
        assertFails(104, "is not leased to this guest any more", engine.run("CHECK", "c1", netns, check));
        assertSucceeds(engine.run("DEL", "c1", netns, check));
        assertThat(leases()).isEmpty();
    }

    @Test
    void addressesAreAssignedAndReleased() throws Exception {
        String netns = container("ipam");
        Engine.Outcome added = engine.run("ADD", "c1", netns, delegated());
        assertSucceeds(added);
        assertThat(added.printed())
                .contains("\"ips\":[{\"address\":\"198.18.0.2/24\",\"gateway\":\"198.18.0.1\",\"interface\":1}]")
                .contains("\"routes\":[{\"dst\":\"192.0.2.0/24\"}]")
                .doesNotContain("mtu");
        assertThat(assigned()).containsExactly("c1");
        assertSucceeds(engine.run("CHECK", "c1", netns, after(added, delegated())));
        String second = container("ipam2");
        // The lease fails, since there is a device of this name already.
        Commands.run("ip", "-n", "ipam2", "link", "add", "eth0", "type", "dummy");
        assertFails(100, "there is a device eth0", engine.run("ADD", "c2", second, delegated()));
        assertThat(assigned()).containsExactly("c1");
        Commands.run("ip", "netns", "del", "ipam");
        assertSucceeds(engine.run("DEL", "c1", "", delegated()));
        assertThat(assigned()).isEmpty();
        assertThat(leases()).isEmpty();
    }

    @Test
    @Tag("nightly")
    void oneThatIsKilledAtAnyInstantIsAddedByTheNextAndLeavesNothing() throws Exception {
        String netns = container("killed");
        String config = delegated();
        long start = System.nanoTime();
        assertSucceeds(engine.run("ADD", "c1", netns, config));
        long whole = (System.nanoTime() - start) / 1_000_000;
        assertSucceeds(engine.run("DEL", "c1", netns, config));
        Random random = new Random(7);
        for (int i = 0; i < KILLS; i++) {
            Engine.Running adding = engine.start("ADD", "c1", netns, config);
            // Java takes the first half to start.
            Thread.sleep(whole / 3 + random.nextLong(Math.max(1, whole * 2 / 3)));
            adding.process().descendants().forEach(ProcessHandle::destroyForcibly);
            adding.process().destroyForcibly().waitFor();
            if (i % 2 == 0 && Files.size(adding.out()) == 0) {
                assertSucceeds(engine.run("ADD", "c1", netns, config));
                assertThat(assigned()).containsExactly("c1");
                assertThat(leases()).hasSize(1);
            }
            assertSucceeds(engine.run("DEL", "c1", netns, config));
            assertThat(assigned()).isEmpty();
            assertThat(leases()).isEmpty();
        }
        assertRestored();
    }

    @Test
    @Tag("nightly")
    void manyAreAddedAtOnceAndThoseThatAreGoneAreCollected() throws Exception {
        List<Engine.Running> adding = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            adding.add(engine.start("ADD", "c" + i, container("many" + i), delegated()));
        }
        for (Engine.Running one : adding) {
            assertSucceeds(one.outcome());
        }
        assertThat(leases()).hasSize(AT_ONCE);
        assertThat(assigned()).hasSize(AT_ONCE).doesNotHaveDuplicates();
        // A lease that is not of this network is never collected.
        String other = STATIC.formatted("")
                .replace("\"name\": \"net\"", "\"name\": \"net2\"")
                .replace("198.18.0.2", "198.18.0.202");
        assertSucceeds(engine.run("ADD", "c0", container("other2"), other));
        String collect = delegated().replace("1.0.0", "1.1.0").replace("host-local", "collector");
        Path collector = Files.writeString(directory.resolve("collector"), "#!/bin/sh\necho $CNI_COMMAND >>$0.log\n");
        assertThat(collector.toFile().setExecutable(true)).isTrue();
        String valid =
                "[{\"containerID\": \"c3\", \"ifname\": \"eth0\"}, {\"containerID\": \"c4\", \"ifname\": \"eth1\"}]";
        assertFails(7, "cni.dev/valid-attachments: missing", engine.run("GC", "", "", collect));
        assertSucceeds(engine.run("GC", "", "", with(collect, "cni.dev/valid-attachments", valid)));
        assertThat(leases().stream().map(lease -> lease.owner().orElseThrow()))
                .containsExactlyInAnyOrder("cni:net:c3:eth0", "cni:net2:c0:eth0");
        assertThat(Files.readString(directory.resolve("collector.log"))).isEqualTo("GC\n");
        List<Engine.Running> deleting = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            deleting.add(engine.start("DEL", "c" + i, "", delegated()));
        }
        for (Engine.Running one : deleting) {
            assertSucceeds(one.outcome());
        }
        assertSucceeds(engine.run("DEL", "c0", "", other));
        assertThat(assigned()).isEmpty();
        assertRestored();
    }

    private static String with(String config, String field, String value) {
        return config.substring(0, config.lastIndexOf('}')) + ", \"" + field + "\": " + value + "}";
    }

    @Test
    void inAChainTheDeviceIsAddedToThePreviousResult() throws Exception {
        String netns = container("chain");
        String previous = "{\"cniVersion\": \"0.4.0\", \"interfaces\": [{\"name\": \"eth0\", \"sandbox\": \"" + netns
                + "\"}], \"ips\": [{\"version\": \"4\", \"address\": \"198.51.100.2/24\", \"interface\": 0}],"
                + " \"dns\": {\"nameservers\": [\"192.0.2.53\"]}}";
        String config =
                with(STATIC.formatted(", \"guest\": \"nk0\"").replace("1.1.0", "0.4.0"), "prevResult", previous);
        Engine.Outcome added = engine.run("ADD", "c1", netns, config);
        assertSucceeds(added);
        assertThat(added.printed())
                .contains("[{\"name\":\"eth0\",\"sandbox\":\"" + netns + "\"},{\"name\":\"ql0\"", "{\"name\":\"nk0\"")
                .contains("{\"version\":\"4\",\"address\":\"198.51.100.2/24\",\"interface\":0},"
                        + "{\"version\":\"4\",\"address\":\"198.18.0.2/24\",\"interface\":2}")
                .contains("\"dns\":{\"nameservers\":[\"192.0.2.53\"]}");
        String check =
                with(STATIC.formatted(", \"guest\": \"nk0\"").replace("1.1.0", "0.4.0"), "prevResult", added.printed());
        assertSucceeds(engine.run("CHECK", "c1", netns, check));
        assertSucceeds(engine.run("DEL", "c1", netns, check));
        assertRestored();
    }

    @Test
    void aNicThatIsMissingIsReported() throws Exception {
        String gone = STATIC.formatted("").replace("\"driver\": \"qnic\", \"speed\": 100000", "\"name\": \"nic9\"");
        assertFails(50, "no device \\\"nic9\\\"", engine.run("STATUS", "", "", gone));
        assertFails(101, "no device \\\"nic9\\\"", engine.run("ADD", "c1", container("nonic"), gone));
        assertSucceeds(engine.run("ADD", "c1", "/run/netns/nonic", STATIC.formatted("")));
        assertFails(51, "no device \\\"nic9\\\"", engine.run("STATUS", "", "", gone));
        String many = STATIC.formatted(", \"queues\": 128");
        assertFails(50, "qnic0 can have 128 receive queues", engine.run("STATUS", "", "", many));
        assertSucceeds(engine.run("DEL", "c1", "", gone));
    }

    @Test
    void whateverTheEngineLeavesOpenOrCloses() throws Exception {
        String netns = container("odd");
        String config = STATIC.formatted("");
        Path file = Files.writeString(directory.resolve("config"), config);
        // Not exported by bash itself, which would complain of a locale that this machine does not have.
        String environment = "exec env LC_ALL=tr_TR.UTF-8 CNI_COMMAND=ADD CNI_CONTAINERID=c1 CNI_IFNAME=eth0 CNI_NETNS="
                + netns + " ";
        // Standard output is closed: the engine does not get the result, so that nothing may remain.
        assertThat(Commands.outcome("bash", "-c", environment + Engine.PLUGIN + " <" + file + " >&-")
                        .status())
                .isNotZero();
        assertThat(leases()).isEmpty();
        Commands.Outcome closed = Commands.outcome("bash", "-c", environment + Engine.PLUGIN + " <&-");
        assertThat(closed.output()).contains("\"code\":5,\"msg\":\"standard input cannot be read: ");
        Path link = directory.resolve("plugins/qlease-cni");
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, Engine.PLUGIN);
        Commands.Outcome linked =
                Commands.outcome("bash", "-c", "umask 777; cd /; " + environment + link + " <" + file);
        assertThat(linked.status()).as(linked.output()).isZero();
        assertThat(linked.output()).startsWith("{\"cniVersion\":\"1.1.0\",\"interfaces\":[");
        assertSucceeds(engine.run("DEL", "c1", "", config));
        assertRestored();
    }
}
