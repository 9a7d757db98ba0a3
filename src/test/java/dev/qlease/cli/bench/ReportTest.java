package dev.qlease.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.qlease.cli.args.CommandLines;
import dev.qlease.cli.output.Output;
import dev.qlease.fixture.Records;
import dev.qlease.rtnetlink.Link;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ReportTest {
    private static final String ODD = "a<b>&\"'\u0007,";

    private static Report report(String ifname, List<Result> results, String... options) {
        List<String> all = new ArrayList<>(List.of("bench", "--dev", "nk1", "--to", "192.0.2.1:80"));
        all.addAll(List.of(options));
        return new Report(
                BenchRequest.of(CommandLines.parse(all.toArray(String[]::new))),
                Records.of(Link.class, Map.of("ifname", ifname, "ifindex", 7)),
                "udmabuf",
                results);
    }

    private static List<Result> results() {
        return List.of(
                new Result(Direction.SEND, 64 << 10, Means.DEVICE_MEMORY, 300 << 20, 0.25, 0.005, 16_384),
                new Result(Direction.SEND, 64 << 10, Means.ORDINARY_TCP, 100 << 20, 1, 1, 16_400.5),
                new Result(Direction.RECEIVE, 1 << 20, Means.DEVICE_MEMORY, 1 << 20, 2, 0, 10),
                new Result(Direction.RECEIVE, 1 << 20, Means.ORDINARY_TCP, 2 << 20, 0, 1, 20));
    }

    private static String print(Report report) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        report.print(new Output(out, out));
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theTableShowsEachKindWithItsRatio() throws IOException {
        assertThat(print(report("nk1", results()))).isEqualTo("""
                        nk1 and 192.0.2.1:80, udmabuf, 1G per run, medians of 3 runs
                        DIRECTION  CHUNK  WITH           MIB/S  CPU-S/GIB  COPIED  CALLS  VS-TCP  CPU-VS-TCP
                        send         64K  device-memory  300.0      0.250    0.5%  16384   3.00x       0.25x
                        send         64K  ordinary-tcp   100.0      1.000  100.0%  16401       -           -
                        receive       1M  device-memory    1.0      2.000    0.0%     10   0.50x           -
                        receive       1M  ordinary-tcp     2.0      0.000  100.0%     20       -           -
                        """);
    }

    @Test
    void commaSeparatedValuesHaveAHeaderAndQuoteNames() throws IOException {
        assertThat(print(report(ODD, results().subList(0, 2), "--csv")).split("\r\n"))
                .containsExactly(
                        "direction,chunk,with,bytes-per-second,cpu-seconds-per-gib,copied-percent,calls,"
                                + "times-ordinary-tcp,cpu-times-ordinary-tcp,bytes,turns,memory,ifindex,ifname,to",
                        "send,65536,device-memory,314572800,0.25,0.5,16384.0,3.0,0.25,1073741824,3,udmabuf,7,"
                                + "\"a<b>&\"\"'\u0007,\",192.0.2.1:80",
                        "send,65536,ordinary-tcp,104857600,1.0,100.0,16400.5,,,1073741824,3,udmabuf,7,"
                                + "\"a<b>&\"\"'\u0007,\",192.0.2.1:80");
    }

    @Test
    void jsonIsAnArrayOfObjects() throws IOException {
        String printed = print(report(ODD, results(), "--json"));
        int objects = 0;
        List<Double> rates = new ArrayList<>();
        try (JsonParser json = new JsonFactory().createParser(printed)) {
            assertThat(json.nextToken()).isEqualTo(JsonToken.START_ARRAY);
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                objects += token == JsonToken.START_OBJECT ? 1 : 0;
                if (token == JsonToken.FIELD_NAME && json.currentName().equals("bytes-per-second")) {
                    json.nextToken();
                    rates.add(json.getDoubleValue());
                }
            }
        }
        assertThat(objects).isEqualTo(4);
        assertThat(rates).containsExactly(314_572_800.0, 104_857_600.0, 1_048_576.0, 2_097_152.0);
        assertThat(printed).contains("\"times-ordinary-tcp\":3.0,\"cpu-times-ordinary-tcp\":0.25");
    }

    @Test
    void theMedianIsThatOfEachFigure() {
        List<Measured> runs = IntStream.of(5, 1, 3, 9)
                .mapToObj(i -> new Measured(1 << 30, i * 1_000_000_000L, i * 100_000_000L, i, i / 10.0))
                .toList();
        Result odd = Result.of(Direction.SEND, 1, Means.ORDINARY_TCP, runs.subList(0, 3));
        assertThat(odd.bytesPerSecond()).isEqualTo((1 << 30) / 3.0);
        assertThat(odd.processorSecondsPerGib()).isEqualTo(0.3, within(1e-9));
        assertThat(odd.calls()).isEqualTo(3);
        assertThat(Result.of(Direction.SEND, 1, Means.ORDINARY_TCP, runs).copied())
                .isEqualTo(0.4, within(1e-9));
    }

    private static Document parse(String svg) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void thePlotIsSvgWithALineAndMarkersForEachSeries() throws Exception {
        Document svg = parse(Plot.draw(report(ODD, results())));
        Element root = svg.getDocumentElement();
        assertThat(root.getNamespaceURI()).isEqualTo("http://www.w3.org/2000/svg");
        assertThat(root.getLocalName()).isEqualTo("svg");
        // A line and a marker of each series, and both in the legend.
        assertThat(svg.getElementsByTagName("polyline").getLength()).isEqualTo(8);
        assertThat(svg.getElementsByTagName("path").getLength()).isEqualTo(8);
        assertThat(root.getTextContent())
                .contains("a<b>&\"'\ufffd, and 192.0.2.1:80", "MiB/s", "64K", "1M", "receive, ordinary TCP");
    }

    @Test
    void thePlotOfOneSizeOfOneDirectionIsWhole() throws Exception {
        Document svg = parse(Plot.draw(report("nk1", results().subList(0, 2))));
        assertThat(svg.getElementsByTagName("polyline").getLength()).isEqualTo(4);
        assertThat(svg.getDocumentElement().getTextContent()).doesNotContain("receive", "NaN");
    }

    @ParameterizedTest
    @CsvSource({"0, 0.0002", "1, 0.2", "99, 20", "100, 20", "101, 50", "251, 100", "12345, 5000", "0.3, 0.1"})
    void gridLinesAreAtRoundNumbers(double top, double step) {
        assertThat(Plot.step(top)).isEqualTo(step, within(step / 1e6));
    }
}
