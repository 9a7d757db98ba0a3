package dev.qlease.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.bpf.DropReason;
import dev.qlease.cli.output.Printable;
import dev.qlease.fixture.Records;
import dev.qlease.netdev.QStats;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ExpositionTest {
    private static final Exposition EXPOSITION = new Exposition("1.2.3", Printable::line);

    private static byte[] written(Sample sample) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            OpenMetricsTextFormatWriter.create().write(out, EXPOSITION.of(sample));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return out.toByteArray();
    }

    /** The text, which has to be valid UTF-8. */
    private static OpenMetricsText text(Sample sample) {
        try {
            return OpenMetricsText.parse(StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(written(sample)))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new AssertionError("not UTF-8", e);
        }
    }

    private static Samples whole() {
        Samples samples = new Samples()
                .at(1)
                .device(2, "eth0", "0000:01:00.0")
                .queue(2, 0, 10, 1000, 3)
                .bound(2, 1, 7, 4)
                .leased(2, 3)
                .lease("web", "0123456789abcdef", 5, Map.of(DropReason.SOURCE.text(), 9L, DropReason.VLAN.text(), 0L));
        samples.deviceStats.add(Records.of(
                QStats.class,
                Map.of(
                        "ifindex",
                        2,
                        "rxPackets",
                        OptionalLong.of(-1),
                        "rxBytes",
                        OptionalLong.of(1),
                        "txPackets",
                        OptionalLong.of(2),
                        "txBytes",
                        OptionalLong.of(3),
                        "rxHwDrops",
                        OptionalLong.of(4),
                        "rxAllocFail",
                        OptionalLong.of(5))));
        samples.queueStats.set(0, Records.of(QStats.class, drops(samples.queueStats.getFirst())));
        return samples;
    }

    private static Map<String, Object> drops(QStats stats) {
        return Map.of(
                "ifindex",
                stats.ifindex(),
                "queueType",
                stats.queueType(),
                "queueId",
                stats.queueId(),
                "rxPackets",
                stats.rxPackets(),
                "rxBytes",
                stats.rxBytes(),
                "rxAllocFail",
                stats.rxAllocFail(),
                "rxHwDrops",
                OptionalLong.of(6));
    }

    @Test
    void everythingIsExportedUnderItsName() {
        OpenMetricsText text = text(whole().make());
        assertThat(text.names())
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(Metric.values()).map(Metric::series).toList());
        for (Metric metric : Metric.values()) {
            assertThat(text.series(metric.series()).keySet())
                    .as(metric.series())
                    .allSatisfy(
                            labels -> assertThat(labels.keySet()).containsExactlyInAnyOrderElementsOf(metric.labels()));
        }
        Map<String, String> queue = Map.of("device", "eth0", "type", "rx", "queue", "0");
        assertThat(text.value("qlease_queue_packets_total", queue)).isEqualTo(10);
        assertThat(text.value("qlease_queue_bytes_total", queue)).isEqualTo(1000);
        assertThat(text.value("qlease_queue_alloc_failures_total", Map.of("device", "eth0", "queue", "0")))
                .isEqualTo(3);
        assertThat(text.value("qlease_device_packets_total", Map.of("device", "eth0", "type", "rx")))
                .isEqualTo(0x1p64);
        for (String state : List.of("free", "bound", "leased")) {
            assertThat(text.value("qlease_device_queues", Map.of("device", "eth0", "type", "rx", "state", state)))
                    .isEqualTo(1);
        }
        assertThat(text.value("qlease_lease_status", Map.of("lease", "web", "status", "ready")))
                .isEqualTo(1);
        assertThat(text.value("qlease_lease_status", Map.of("lease", "web", "status", "violated")))
                .isZero();
        assertThat(text.value("qlease_lease_receive_bytes_total")).isEqualTo(500);
        assertThat(text.value("qlease_lease_dropped_packets_total", Map.of("lease", "web", "reason", "source")))
                .isEqualTo(9);
        assertThat(text.value("qlease_lease_dropped_packets_total", Map.of("lease", "web", "reason", "vlan")))
                .isZero();
        assertThat(text.value("qlease_binding_inflight_fragments", Map.of("device", "eth0", "binding", "7")))
                .isEqualTo(4);
        assertThat(text.value("qlease_build_info", Map.of("version", "1.2.3"))).isEqualTo(1);
        assertThat(text.value("qlease_scrape_duration_seconds")).isEqualTo(0.012);
    }

    @Test
    void aPartThatFailsIsToldAndTheOthersAreThere() {
        OpenMetricsText text = text(whole().stats(Part.Outcome.FAILED).make());
        assertThat(text.value("qlease_scrape_error", Map.of("part", "queue-stats")))
                .isEqualTo(1);
        assertThat(text.value("qlease_scrape_unsupported", Map.of("part", "queue-stats")))
                .isZero();
        assertThat(text.value("qlease_scrape_error", Map.of("part", "leases"))).isZero();
        assertThat(text.names()).contains("qlease_lease_receive_bytes_total", "qlease_page_pool_inflight_bytes");
        text = text(whole().stats(Part.Outcome.UNSUPPORTED).make());
        assertThat(text.value("qlease_scrape_error", Map.of("part", "queue-stats")))
                .isZero();
        assertThat(text.value("qlease_scrape_unsupported", Map.of("part", "queue-stats")))
                .isEqualTo(1);
    }

    @Test
    void whateverThrowsFailsItsPartAlone() {
        Part<String> part = Sampler.read(
                Source.LEASES,
                () -> {
                    throw new IllegalStateException();
                },
                _ -> true);
        assertThat(part.failed()).isTrue();
        assertThat(part.problem()).contains("IllegalStateException");
        Part<Integer> many = Sampler.read(
                Source.QUEUES,
                () -> Stream.iterate(0, i -> i + 1)
                        .limit(Sampler.MOST_RECORDS + 7L)
                        .toList(),
                i -> i > 2);
        assertThat(many.records()).hasSize(Sampler.MOST_RECORDS);
        assertThat(many.failed()).isTrue();
    }

    @Test
    void twoDevicesOfOneNameGiveNoSecondSeries() {
        Samples samples = new Samples()
                .device(2, "eth0", "a")
                .device(3, "eth0", "b")
                .queue(2, 0, 1, 1, 0)
                .queue(3, 0, 2, 2, 0);
        assertThat(text(samples.make()).series("qlease_queue_packets_total")).hasSize(1);
    }

    @Test
    void aDeviceWithoutAKnownNameHasItsIfindex() {
        assertThat(text(new Samples().queue(5, 0, 1, 1, 0).make())
                        .value("qlease_queue_packets_total", Map.of("device", "ifindex:5", "type", "rx", "queue", "0")))
                .isEqualTo(1);
    }

    @Property
    void anyNameIsAValidLabelAndCanBeReadBack(@ForAll String device, @ForAll String lease) {
        String name = device + "\udcff\"\\\n\r\u001b[2J\u202e";
        Samples samples =
                new Samples().device(2, name, "a").queue(2, 0, 1, 1, 0).lease(lease, "0", 1, Map.of());
        Map<String, String> labels = text(samples.make())
                .series("qlease_queue_packets_total")
                .keySet()
                .iterator()
                .next();
        assertThat(labels.get("device").codePoints()).noneMatch(Character::isISOControl);
        // A byte that is not UTF-8 is an unpaired surrogate in a name; other surrogates are no text at all.
        assertThat(Printable.line(Printable.parse(Printable.line("\udcff\"\\\n\r\u001b[2J\u202e"))))
                .isEqualTo(Printable.line("\udcff\"\\\n\r\u001b[2J\u202e"));
        assertThat(labels.get("device")).isEqualTo(Printable.line(name));
    }

    @Test
    void theOlderFormatOfPrometheusHasTheSameNames() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(out, EXPOSITION.of(whole().make()));
        String text = out.toString(StandardCharsets.UTF_8);
        for (Metric metric : Metric.values()) {
            assertThat(text).contains("\n" + metric.series() + (metric.labels().isEmpty() ? " " : "{"));
        }
    }
}
