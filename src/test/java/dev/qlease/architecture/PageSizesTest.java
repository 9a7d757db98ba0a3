package dev.qlease.architecture;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Page sizes are asked of the system: pages have 4 KiB on many machines, and 16 or 64 KiB on others. */
class PageSizesTest {
    private static final Path MAIN = Path.of("src/main");

    /**
     * A size, mask or shift of pages of 4 or 16 KiB, or of huge pages of 2 MiB, in any usual spelling. Those of 64 KiB
     * are left out, since 16-bit fields have the same numbers.
     */
    private static final Pattern PAGE_SIZE = Pattern.compile("(?i)(?<![\\w.])(?:4_?09[56]|16_?38[34]|2_?097_?15[12]"
            + "|0x_?[14]_?000|0x_?fff|(?:4|16)L? *<< *10|1L? *<< *(?:12|14|21)|(?:<<|>>>?) *1[24]"
            + "|2L? *<< *20|(?:4|16) ?K(?:i?B)?|2 ?Mi?B|2048 ?kB)L?(?!\\w)");

    /** A number of occurrences that are allowed in a file, and why. */
    private record Allowed(int count, String reason) {}

    private static final Map<String, Allowed> ALLOWED = Map.ofEntries(
            entry("dist/share/qlease/qlease.schema.json", new Allowed(1, "the most queues of a lease")),
            entry("java/dev/qlease/bpf/ForwardGuard.java", new Allowed(1, "a number of devices")),
            entry(
                    "java/dev/qlease/metrics/MetricsServer.java",
                    new Allowed(1, "the most bytes of the headers of a request")),
            entry("java/dev/qlease/cli/top/Screen.java", new Allowed(1, "the number of a key")),
            entry("java/dev/qlease/cli/output/Output.java", new Allowed(1, "a buffer on the heap")),
            entry("java/dev/qlease/devmem/BlockingSender.java", new Allowed(2, "numbers of sends in flight")),
            entry("java/dev/qlease/dmabuf/DrmDumbBuffer.java", new Allowed(1, "the width of an image")),
            entry("java/dev/qlease/dmabuf/GpuMemory.java", new Allowed(1, "the granularity of GPU drivers")),
            entry(
                    "java/dev/qlease/dmabuf/HugePages.java",
                    new Allowed(3, "the place that knows the size of huge pages")),
            entry("java/dev/qlease/ethtool/DriverStatistics.java", new Allowed(1, "a buffer on the heap")),
            entry("java/dev/qlease/lease/LeaseSpec.java", new Allowed(2, "the most queues of a lease")),
            entry("java/dev/qlease/linux/KernelFiles.java", new Allowed(1, "PATH_MAX")),
            entry("java/dev/qlease/linux/sys/Inotify.java", new Allowed(2, "a flag, and a buffer for events")),
            entry("java/dev/qlease/metrics/Sampler.java", new Allowed(1, "a number of records")),
            entry("java/dev/qlease/netlink/NetlinkSocket.java", new Allowed(1, "a buffer for requests")));

    private static List<String> pageSizes(String text) {
        return PAGE_SIZE.matcher(text).results().map(found -> found.group()).toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x = 4096;",
                "x = 4_096L;",
                "x & ~4095",
                "x & 0xfff",
                "0x1000",
                "1 << 12",
                "x >>> 12",
                "1L << 14",
                "4 << 10",
                "\"4K\"",
                "4 KiB",
                "16K",
                "16 KiB",
                "16_384",
                "16384",
                "2L << 20",
                "2 << 20",
                "2 MiB",
                "hugepages-2048kB",
                "1 << 21",
                "0x4000",
                "2097152"
            })
    void everySpellingIsFound(String text) {
        assertThat(pageSizes(text)).as(text).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"14096", "40960", "1 << 20", "0x10001", "1 << 120", "32 << 20", "12", "x4096", "4Kx"})
    void otherNumbersAreNot(String text) {
        assertThat(pageSizes(text)).as(text).isEmpty();
    }

    @Test
    void onlyThePlaceThatKnowsItHasAPageSize() throws IOException {
        Map<String, Integer> found = new TreeMap<>();
        Map<String, List<String>> texts = new TreeMap<>();
        try (Stream<Path> files = Files.walk(MAIN)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                List<String> sizes = pageSizes(Files.readString(file));
                if (!sizes.isEmpty()) {
                    String name = MAIN.relativize(file).toString();
                    found.put(name, sizes.size());
                    texts.put(name, new ArrayList<>(sizes));
                }
            }
        }
        Map<String, Integer> allowed = new TreeMap<>();
        ALLOWED.forEach((file, place) -> allowed.put(file, place.count()));
        assertThat(found)
                .as("ask Memory.pageSize() or HugePages.size(): %s", texts)
                .isEqualTo(allowed);
    }
}
