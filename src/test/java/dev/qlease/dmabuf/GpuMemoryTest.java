package dev.qlease.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** GPU memory, against a library that stands in for the driver's. */
class GpuMemoryTest {
    @TempDir
    private static Path folder;

    private static Path library;

    @BeforeAll
    static void buildTheStandIn() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "needs gcc to build the library that stands in");
        Path source = folder.resolve("gpu-stand-in.c");
        try (InputStream in = GpuMemoryTest.class.getResourceAsStream("gpu-stand-in.c")) {
            Files.copy(in, source);
        }
        library = folder.resolve("libgpu.so");
        Process gcc = new ProcessBuilder(
                        "/usr/bin/gcc",
                        "-Wall",
                        "-Werror",
                        "-shared",
                        "-fPIC",
                        "-o",
                        library.toString(),
                        source.toString())
                .inheritIO()
                .start();
        assertThat(gcc.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(gcc.exitValue()).isZero();
    }

    static Stream<GpuMemory> runtimes() {
        return Stream.of(GpuMemory.cuda(library.toString()), GpuMemory.hip(library.toString()));
    }

    private static int liveAllocations() throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle live = Linker.nativeLinker()
                    .downcallHandle(
                            SymbolLookup.libraryLookup(library, arena).findOrThrow("live_allocations"),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT));
            return (int) live.invokeExact();
        }
    }

    @ParameterizedTest
    @MethodSource("runtimes")
    void whatIsWrittenIsRead(GpuMemory gpu) throws Throwable {
        try (DmaBuf dmaBuf = gpu.allocate(1);
                Arena arena = Arena.ofConfined()) {
            assertThat(dmaBuf.size()).isEqualTo(2 << 20);
            assertThat(dmaBuf.requestedSize()).isEqualTo(1);
            assertThat(dmaBuf.provider()).isEqualTo(gpu.name());
            MemorySegment written = arena.allocateFrom("device memory", StandardCharsets.UTF_8);
            MemorySegment read = arena.allocate(written.byteSize());
            dmaBuf.memory().write(4097, written);
            dmaBuf.memory().read(4097, read);
            assertThat(read.mismatch(written)).isEqualTo(-1);
            assertThat(liveAllocations()).isEqualTo(1);
        }
        assertThat(liveAllocations()).isZero();
    }

    @ParameterizedTest
    @MethodSource("runtimes")
    void aWindowIsFilledFromBuffersAndChannels(GpuMemory gpu) throws Exception {
        try (DmaBuf dmaBuf = gpu.allocate(1)) {
            Windows.fillEachWay(dmaBuf);
        }
    }

    @ParameterizedTest
    @MethodSource("runtimes")
    void everyThreadMayUseIt(GpuMemory gpu) throws Exception {
        try (DmaBuf dmaBuf = gpu.allocate(1);
                Arena arena = Arena.ofShared()) {
            MemorySegment bytes = arena.allocate(16);
            Thread other = Thread.ofPlatform().start(() -> dmaBuf.memory().write(0, bytes));
            other.join();
            assertThatThrownBy(() -> dmaBuf.memory().read(dmaBuf.size() - 15, bytes))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("runtimes")
    void aRefusalNamesTheCallAndFreesAll(GpuMemory gpu) throws Throwable {
        assertThatThrownBy(() -> gpu.allocate(65 << 20))
                .isInstanceOf(LinuxException.class)
                .hasMessageContaining("of 69206016 bytes returned error 2");
        assertThat(liveAllocations()).isZero();
    }

    @Test
    void whereThereIsNoLibraryThatIsWhatItSays() {
        for (GpuMemory gpu : List.of(GpuMemory.cuda("libnosuchgpu.so.1"), GpuMemory.hip("libnosuchgpu.so.1"))) {
            assertThatThrownBy(() -> gpu.allocate(1))
                    .isInstanceOf(UnsupportedException.class)
                    .hasMessageContaining("libnosuchgpu.so.1: this machine does not have the library");
        }
    }

    @Test
    void aLibraryTooOldNamesWhatItLacks() {
        assertThatThrownBy(() -> GpuMemory.cuda("libc.so.6").allocate(1))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("libc.so.6: the library has no function cuCtxSetCurrent");
    }
}
