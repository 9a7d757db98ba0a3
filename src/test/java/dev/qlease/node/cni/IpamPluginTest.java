package dev.qlease.node.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Delegating to another plugin, which can do anything. */
@Timeout(60)
class IpamPluginTest {
    private static final String CONFIG = """
            {"cniVersion": "%s", "name": "net", "type": "qlease-cni", "nic": "eth0", "unknown": "passed on",
             "ipam": {"type": "fake"}}""";

    @TempDir
    private Path directory;

    private IpamPlugin plugin(String version, String script) throws IOException {
        return plugin(version, script, Duration.ofSeconds(20));
    }

    private IpamPlugin plugin(String version, String script, Duration timeout) throws IOException {
        Path file = Files.writeString(directory.resolve("fake"), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        Parameters parameters = new Invocation(directory, "ADD")
                .with("CNI_PATH", "/nowhere::" + directory)
                .parameters();
        NetworkConfig config =
                NetworkConfig.parse(CONFIG.formatted(version).getBytes(StandardCharsets.UTF_8), Operation.ADD);
        return IpamPlugin.find(parameters, config, timeout).orElseThrow();
    }

    private static void assertFails(int code, String message, IpamPlugin plugin) {
        assertThatThrownBy(plugin::add).isInstanceOfSatisfying(CniException.class, e -> {
            assertThat(e.getMessage()).contains(message);
            assertThat(e.code()).isEqualTo(code);
        });
    }

    @Test
    void itGetsTheEnvironmentAndTheConfigurationAndItsResultIsRead() throws IOException {
        IpamPlugin plugin = plugin("0.4.0", """
                cat >"$0.config"
                env | grep ^CNI_ | sort >"$0.env"
                echo '{"cniVersion": "0.4.0", "ips": [{"version": "4", "address": "198.18.0.7/24",
                  "gateway": "198.18.0.1"}], "routes": [{"dst": "0.0.0.0/0"}], "dns": {"nameservers": ["192.0.2.1"]}}'
                """);
        CniResult result = plugin.add();
        assertThat(result.ips())
                .singleElement()
                .satisfies(ip -> assertThat(ip.address()).isEqualTo("198.18.0.7/24"));
        assertThat(result.routes())
                .singleElement()
                .satisfies(route -> assertThat(route.dst()).isEqualTo("0.0.0.0/0"));
        assertThat(result.dns().nameservers()).containsExactly("192.0.2.1");
        assertThat(Files.readString(directory.resolve("fake.config"))).isEqualTo(CONFIG.formatted("0.4.0"));
        assertThat(Files.readString(directory.resolve("fake.env")))
                .contains("CNI_COMMAND=ADD\n", "CNI_CONTAINERID=c1\n", "CNI_IFNAME=eth0\n", "CNI_PATH=/nowhere::");
        plugin.run(Operation.DEL);
        assertThat(Files.readString(directory.resolve("fake.env"))).contains("CNI_COMMAND=DEL\n");
    }

    @Test
    void itsErrorIsReportedWithItsCode() throws IOException {
        assertFails(
                11,
                "IPAM plugin fake: no address is free",
                plugin("1.1.0", "echo '{\"code\": 11, \"msg\": \"no address is free\"}'; exit 1"));
    }

    @Test
    void whateverElseItDoesIsReported() throws IOException {
        int ipam = CniCode.IPAM.number();
        assertFails(ipam, "failed with status 3 and printed no error", plugin("1.1.0", "echo oops; exit 3"));
        assertFails(ipam, "failed with status 3 and printed no error", plugin("1.1.0", "echo '{\"code\": 0}'; exit 3"));
        assertFails(ipam, "failed with status 137", plugin("1.1.0", "kill -9 $$"));
        assertFails(ipam, "invalid JSON", plugin("1.1.0", "echo oops"));
        assertFails(ipam, "it is empty", plugin("1.1.0", "exit 0"));
        assertFails(ipam, "assigned no address", plugin("1.1.0", "echo '{}'"));
        assertFails(ipam, "result.ips[0].address: missing", plugin("1.1.0", "echo '{\"ips\": [{}]}'"));
        assertFails(ipam, "exceeds", plugin("1.1.0", "head -c 3000000 /dev/zero"));
        IpamPlugin removed = plugin("1.1.0", "");
        Files.delete(directory.resolve("fake"));
        assertFails(ipam, "cannot be run", removed);
    }

    @Test
    void oneThatDoesNotEndIsEnded() throws IOException {
        List<ProcessHandle> before = ProcessHandle.current().children().toList();
        assertFails(
                CniCode.IPAM.number(),
                "did not end ADD within",
                plugin("1.1.0", "echo '{'; sleep 1000", Duration.ofMillis(300)));
        assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive))
                .isSubsetOf(before);
    }

    @Test
    void oneThatDoesNotExistIsNamedWithTheDirectories() {
        NetworkConfig config =
                NetworkConfig.parse(CONFIG.formatted("1.0.0").getBytes(StandardCharsets.UTF_8), Operation.ADD);
        assertThatThrownBy(() ->
                        IpamPlugin.find(new Invocation(directory, "ADD").parameters(), config, Duration.ofSeconds(1)))
                .hasMessage("there is no IPAM plugin fake in /nowhere");
    }
}
