package dev.qlease.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HugePagesTest {
    @TempDir
    private Path pools;

    private Path pool(String name, long total, long free, long reserved) throws IOException {
        Path directory = Files.createDirectory(pools.resolve(name));
        Files.writeString(directory.resolve("nr_hugepages"), total + "\n");
        Files.writeString(directory.resolve("free_hugepages"), free + "\n");
        Files.writeString(directory.resolve("resv_hugepages"), reserved + "\n");
        return directory;
    }

    @Test
    void aPoolIsThatOfTheSizeAskedFor() throws IOException {
        Path wanted = pool("hugepages-2048kB", 8, 5, 2);
        pool("hugepages-32768kB", 100, 100, 0);
        assertThat(HugePages.of(pools, 2 << 20)).contains(new HugePages(wanted, 8, 3));
        assertThat(HugePages.of(pools, 1 << 30)).isEmpty();
    }

    @Test
    void theSizeIsTheUsualOneWhateverTheDefaultIs() throws IOException {
        Path meminfo = Files.writeString(pools.resolve("meminfo"), "HugePages_Total: 0\nHugepagesize:    32768 kB\n");
        pool("hugepages-32768kB", 8, 5, 2);
        pool("hugepages-2048kB", 8, 5, 2);
        assertThat(HugePages.size(pools, meminfo)).isEqualTo(2 << 20);
    }

    @Test
    void aKernelWithoutTheUsualSizeUsesItsDefaultOne() throws IOException {
        Path meminfo = Files.writeString(pools.resolve("meminfo"), "HugePages_Total: 0\nHugepagesize:    16384 kB\n");
        Path directory = pool("hugepages-16384kB", 8, 5, 2);
        pool("hugepages-1048576kB", 1, 1, 0);
        assertThat(HugePages.size(pools, meminfo)).isEqualTo(16 << 20);
        assertThat(HugePages.of(pools, HugePages.size(pools, meminfo))
                        .orElseThrow()
                        .reserve(10))
                .isEqualTo("echo 15 >" + directory + "/nr_hugepages");
    }

    @Test
    void aKernelWithoutHugePagesHasNoPoolOfTheUsualSize() throws IOException {
        Path meminfo = Files.writeString(pools.resolve("meminfo"), "MemTotal:    32768 kB\n");
        assertThat(HugePages.size(pools, meminfo)).isEqualTo(2 << 20);
        assertThat(HugePages.size(pools, pools.resolve("nothing"))).isEqualTo(2 << 20);
        assertThat(HugePages.of(pools, 2 << 20)).isEmpty();
    }

    @Test
    void morePagesAreReservedBesideThoseInUse() throws IOException {
        Path directory = pool("hugepages-2048kB", 8, 3, 0);
        HugePages pool = HugePages.of(pools, 2 << 20).orElseThrow();
        assertThat(pool.reserve(10)).isEqualTo("echo 15 >" + directory + "/nr_hugepages");
        assertThat(pool.reserve(2)).as("never fewer").isEqualTo("echo 8 >" + directory + "/nr_hugepages");
    }

    @Test
    void pagesThatOthersReservedAreNotFree() throws IOException {
        pool("hugepages-2048kB", 8, 2, 3);
        assertThat(HugePages.of(pools, 2 << 20).orElseThrow().free()).isZero();
    }

    @Test
    void aPoolThatCannotBeReadIsAFailure() throws IOException {
        Files.delete(pool("hugepages-2048kB", 8, 2, 3).resolve("free_hugepages"));
        assertThatThrownBy(() -> HugePages.of(pools, 2 << 20)).isInstanceOf(LinuxException.class);
    }
}
