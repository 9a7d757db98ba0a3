package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.bpf.DropReason;
import dev.qlease.cli.Qlease;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.devmem.DevmemServerSocket;
import dev.qlease.devmem.DevmemSocket;
import dev.qlease.devmem.ReceivePeer;
import dev.qlease.devmem.RxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.Udmabuf;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.metrics.OpenMetricsText;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.QStats;
import dev.qlease.netdev.QueueType;
import dev.qlease.rtnetlink.LinkStats;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Traffic through a lease appears in {@code qlease metrics} and {@code qlease top} as everywhere else. */
@Tag("vm")
@Timeout(300)
class LeaseMetricsVmTest extends LeaseScene {
    private static final int BYTES = 2_000_003;
    private static final Pattern LEASE_RATE =
            Pattern.compile("\"lease\":\"(\\w+)\".*?\"rates\":\\{\"rx-packets\":([0-9.]+),\"rx-bytes\":([0-9.E]+)");

    private static String run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        ExitCode exitCode = new Qlease(new Output(out, err)).run(args);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(exitCode).isEqualTo(ExitCode.DONE);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static OpenMetricsText metrics() {
        return OpenMetricsText.parse(run("metrics"));
    }

    @ParameterizedTest
    @EnumSource(names = {"BPF", "FORWARD"})
    void whatALeaseCarriesIsWhatTheMetricsSay(Redirect redirect) throws Exception {
        LeaseSpec spec = guest().spec().redirect(redirect).rxRing(64).build();
        try (Lease lease = leases().plan(spec).apply();
                DmaBuf dmaBuf = Udmabuf.pages().allocate(16 << 20);
                RxBinding binding = RxBinding.bind(
                        guest().netns(),
                        lease.guestIfindex(),
                        dmaBuf,
                        lease.queues().stream().map(LeasedQueue::guest).toList())) {
            String name = lease.info().name();
            OpenMetricsText before = metrics();
            String top = whileReceiving(lease, binding, () -> run("top", "--once", "--json", "--interval", "2"));
            OpenMetricsText after = metrics();
            Map<String, String> labels = Map.of("lease", name);
            assertThat(after.value("qlease_lease_receive_bytes_total", labels)
                            - before.value("qlease_lease_receive_bytes_total", labels))
                    .isGreaterThanOrEqualTo(BYTES);
            agreesWithTheKernel(lease, binding, after);
            agreesWithTheLease(name, after);
            Matcher rate = LEASE_RATE.matcher(top);
            assertThat(rate.find()).as(top).isTrue();
            assertThat(rate.group(1)).isEqualTo(name);
            assertThat(Double.parseDouble(rate.group(2))).as(top).isPositive();
            assertThat(Double.parseDouble(rate.group(3))).as(top).isBetween(1000.0, 1e9);
            assertThat(top).contains("\"errors\":[]").doesNotContain(":-");
        }
        assertThat(metrics().series("qlease_lease_info")).isEmpty();
    }

    /** Runs {@code work} while the guest receives {@link #BYTES} by one connection after the other. */
    private String whileReceiving(Lease lease, RxBinding binding, Supplier<String> work) throws Exception {
        byte[] bytes = ReceivePeer.bytes(BYTES);
        CompletableFuture<String> done = CompletableFuture.supplyAsync(work, Guest.THREADS);
        do {
            receive(lease, binding, bytes);
        } while (!done.isDone());
        return done.get(60, TimeUnit.SECONDS);
    }

    private void receive(Lease lease, RxBinding binding, byte[] bytes) throws Exception {
        InetSocketAddress at = new InetSocketAddress(Guest.ADDRESS6.address().toInetAddress(), 0);
        try (NetworkNamespace remote = NetworkNamespace.named("remote");
                DevmemServerSocket server =
                        DevmemServerSocket.listen(guest().netns(), lease.info().guest(), at);
                SocketChannel peer = ReceivePeer.connect(remote, server.address());
                DevmemSocket socket = server.accept(Duration.ofSeconds(30)).orElseThrow()) {
            CompletableFuture<Void> sent = ReceivePeer.send(peer, bytes, 1 << 16);
            assertThat(ReceivePeer.receive(socket, binding, bytes.length)).isEqualTo(bytes);
            sent.get(60, TimeUnit.SECONDS);
        }
    }

    /** Nothing is sent any more, so that the counters of TCP's traffic stay; a few other packets may come. */
    private void agreesWithTheKernel(Lease lease, RxBinding binding, OpenMetricsText metrics) {
        Map<String, String> labels = Map.of("lease", lease.info().name());
        LinkStats guest =
                guest().rtnetlink().links().get(lease.guestIfindex()).stats64().orElseThrow();
        assertThat((double) guest.rxBytes() - metrics.value("qlease_lease_receive_bytes_total", labels))
                .isBetween(0.0, 10_000.0);
        assertThat((double) guest.txPackets() - metrics.value("qlease_lease_transmit_packets_total", labels))
                .isBetween(0.0, 100.0);
        int queue = lease.queues().getFirst().nic();
        try (Netdev netdev = Netdev.open();
                Rtnetlink rtnetlink = Rtnetlink.open()) {
            QStats stats = netdev.queueStats(rtnetlink.links().get("qnic0").ifindex()).stream()
                    .filter(each ->
                            each.queueType().filter(QueueType.RX::equals).isPresent()
                                    && each.queueId().orElse(-1) == queue)
                    .findFirst()
                    .orElseThrow();
            Map<String, String> ofQueue = Map.of("device", "qnic0", "type", "rx", "queue", Integer.toString(queue));
            assertThat(stats.rxBytes().orElseThrow() - metrics.value("qlease_queue_bytes_total", ofQueue))
                    .isBetween(0.0, 10_000.0);
            assertThat(metrics.value("qlease_queue_bytes_total", ofQueue)).isGreaterThanOrEqualTo(BYTES);
        }
        assertThat(metrics.value("qlease_device_queues", Map.of("device", "qnic0", "type", "rx", "state", "leased")))
                .isEqualTo(1);
        assertThat(metrics.series("qlease_page_pool_inflight_bytes")).isNotEmpty();
        assertThat(metrics.series("qlease_scrape_error").values()).allMatch(value -> value == 0);
        assertThat(binding.id()).isPositive();
    }

    private void agreesWithTheLease(String name, OpenMetricsText metrics) {
        LeaseInfo info = leases().find(name).orElseThrow();
        assertThat(metrics.value("qlease_lease_status", Map.of("lease", name, "status", "ready")))
                .isEqualTo(1);
        assertThat(metrics.series("qlease_lease_dropped_packets_total")).hasSize(DropReason.values().length);
        for (DropReason reason : DropReason.values()) {
            Map<String, String> labels = Map.of(
                    "lease",
                    name,
                    "reason",
                    reason.name().toLowerCase(Locale.ROOT).replace('_', '-'));
            assertThat(info.dropped().get(reason.text()) - metrics.value("qlease_lease_dropped_packets_total", labels))
                    .as(reason.text())
                    .isBetween(0.0, 20.0);
        }
        String shown = run("lease", "show", name);
        List<String> dropped =
                shown.lines().filter(line -> line.startsWith("dropped")).toList();
        assertThat(dropped).noneMatch(line -> line.contains(" 0 "));
    }
}
