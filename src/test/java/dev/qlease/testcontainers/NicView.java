package dev.qlease.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.Queue;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel says of a NIC's queues, and of this machine's dma-bufs. */
final class NicView {
    private static final Path DMA_BUFS = Path.of("/sys/kernel/debug/dma_buf/bufinfo");
    private static final Path DEFER = Path.of("/proc/sys/net/core/skb_defer_max");
    private static final Pattern TOTAL = Pattern.compile("^Total (\\d+) objects", Pattern.MULTILINE);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private NicView() {}

    /** Its queues that are leased. */
    static List<Queue> leased(String nic) {
        return queues(nic).stream().filter(queue -> queue.lease().isPresent()).toList();
    }

    /** How many dma-bufs its queues receive into. */
    static long bindings(String nic) {
        return queues(nic).stream()
                .flatMapToInt(queue -> queue.dmabuf().stream())
                .distinct()
                .count();
    }

    private static List<Queue> queues(String nic) {
        try (Rtnetlink rtnetlink = Rtnetlink.open();
                Netdev netdev = Netdev.open()) {
            return netdev.queues(rtnetlink.links().get(nic).ifindex());
        }
    }

    /** How many dma-bufs there are; bindings and packets hold them, too. */
    static int dmaBufs() {
        Matcher total = TOTAL.matcher(read(DMA_BUFS));
        assertThat(total.find()).as("a total in " + DMA_BUFS).isTrue();
        return Integer.parseInt(total.group(1));
    }

    /** Waits until there are no more dma-bufs than {@code most}, for at most 60 seconds. */
    static void awaitDmaBufs(int most) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (dmaBufs() > most) {
            assertThat(System.nanoTime())
                    .as("waited 60 seconds until there are %d of these: %s", most, read(DMA_BUFS))
                    .isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    /**
     * Sets the number of freed packets that may wait until the CPU that owns them receives again (skb_defer_max); they
     * hold the dma-buf of their payload. Returns the previous number.
     */
    static String deferMax(String packets) throws IOException {
        String before = read(DEFER).strip();
        Files.writeString(DEFER, packets);
        return before;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until {@code condition} holds, for at most 60 seconds. */
    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited 60 seconds until " + what).isLessThan(deadline);
            Thread.sleep(20);
        }
    }
}
