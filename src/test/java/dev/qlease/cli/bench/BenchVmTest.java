package dev.qlease.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.cli.Qlease;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.RouteSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import dev.qlease.rtnetlink.Sandbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code qlease bench} by a netkit guest that has leased a queue. */
@Tag("vm")
@Timeout(300)
class BenchVmTest {
    private static final RouteSpec TO_GUEST =
            RouteSpec.to(IpPrefix.parse("2001:db8:2::/64")).via(IpAddress.parse("2001:db8:1::1"));

    @TempDir
    private static Path folder;

    private record Ran(ExitCode exitCode, String out, String err) {}

    private static Ran bench(String... options) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, err)).run(options);
        return new Ran(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void bothDirectionsAreMeasuredWithoutCopiesOfDeviceMemory() throws IOException {
        Path plot = folder.resolve("plot.svg");
        try (NetworkNamespace remote = NetworkNamespace.named("remote");
                Rtnetlink rtnetlink = Rtnetlink.open(remote);
                Sandbox guest = Sandbox.create();
                Leases leases = Leases.open();
                BenchServer server = BenchServer.start(
                        remote,
                        new InetSocketAddress(InetAddress.ofLiteral("2001:db8:1::2"), 0),
                        BenchServer.Limits.DEFAULTS)) {
            rtnetlink.routes().replace(TO_GUEST);
            LeaseSpec spec = LeaseSpec.of("qnic0", guest.namespace())
                    .address(IpPrefix.parse("2001:db8:2::2/64"))
                    .build();
            try (Lease lease = leases.plan(spec).apply()) {
                Ran ran = bench(
                        "bench",
                        "--netns",
                        guest.name(),
                        "--dev",
                        lease.info().guest(),
                        "--to",
                        "[2001:db8:1::2]:" + server.address().getPort(),
                        "--from",
                        "[2001:db8:2::2]:5999",
                        "--memory",
                        "udmabuf",
                        "--chunk",
                        "64K,256K",
                        "--bytes",
                        "1M",
                        "--turns",
                        "1",
                        "--json",
                        "--plot",
                        plot.toString());
                assertThat(ran.err()).isEmpty();
                assertThat(ran.exitCode()).isEqualTo(ExitCode.DONE);
                String[] rows = ran.out().split("(?<=}),");
                assertThat(rows).hasSize(8);
                for (String direction : new String[] {"send", "receive"}) {
                    for (int chunk : new int[] {65_536, 262_144}) {
                        String start = "{\"direction\":\"" + direction + "\",\"chunk\":" + chunk + ",\"with\":\"";
                        assertThat(rows)
                                .anyMatch(row -> row.contains(start + "device-memory\"")
                                        && row.contains("\"copied-percent\":0.0,")
                                        && row.contains("\"times-ordinary-tcp\":"))
                                .anyMatch(row -> row.contains(start + "ordinary-tcp\"")
                                        && row.contains("\"copied-percent\":100.0,"));
                    }
                }
                assertThat(rows).allMatch(row -> row.contains("\"memory\":\"udmabuf\",") && row.contains("\"nk0\""));
                assertThat(plot).content().startsWith("<svg ").endsWith("</svg>\n");
            } finally {
                rtnetlink.routes().delete(TO_GUEST);
            }
        }
    }
}
