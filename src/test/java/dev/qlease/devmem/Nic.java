package dev.qlease.devmem;

import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.Statistic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The emulated NIC's port qnic0: what it counts, what it has mapped, and how it is made to go wrong. */
public final class Nic {
    private static final Path DIRECTORY = Path.of("/sys/kernel/debug/qnic/qnic.0");
    private static final Path DMA_BUFS = Path.of("/sys/kernel/debug/dma_buf/bufinfo");
    private static final long PATIENCE_MILLIS = 20_000;

    private Nic() {}

    /** What it has counted, as {@code ethtool -S} shows it. */
    public static long statistic(String name) {
        try (Ethtool ethtool = Ethtool.open()) {
            return ethtool.statistics("qnic0").stream()
                    .filter(statistic -> statistic.name().equals(name))
                    .mapToLong(Statistic::value)
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Makes it go wrong until {@link #calm}. */
    public static void set(String file, long value) {
        try {
            Files.writeString(DIRECTORY.resolve(file), Long.toString(value));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Has it work as it should. */
    public static void calm() {
        for (String file : List.of(
                "drop_every",
                "corrupt_every",
                "duplicate_every",
                "reorder_every",
                "tx_delay_us",
                "complete_delay_us",
                "rate_mbps")) {
            set(file, 0);
        }
    }

    /** How many dma-bufs the kernel has, and how many bytes the NIC can read. */
    public record Held(long dmaBufs, long readable) {}

    /** What is held now. */
    public static Held held() {
        try {
            long dmaBufs = Files.readAllLines(DMA_BUFS).stream()
                    .filter(line -> line.startsWith("Total "))
                    .mapToLong(line -> Long.parseLong(line.split(" ")[1]))
                    .findFirst()
                    .orElseThrow();
            long readable = Files.readAllLines(DIRECTORY.resolve("bus/mappings")).stream()
                    .map(line -> line.split(" "))
                    .filter(mapping -> mapping[2].equals("to-device"))
                    .mapToLong(mapping -> Long.parseLong(mapping[1]))
                    .sum();
            return new Held(dmaBufs, readable);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits until no dma-buf is left and the NIC can read only a few frames. Returns what is held then.
     */
    public static Held awaitNothingHeld() throws InterruptedException {
        long end = System.currentTimeMillis() + PATIENCE_MILLIS;
        Held held = held();
        while ((held.dmaBufs() > 0 || held.readable() > 1 << 16) && System.currentTimeMillis() < end) {
            Thread.sleep(50);
            held = held();
        }
        return held;
    }
}
