package dev.qlease.containers;

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
import java.util.stream.Stream;

/** What the kernel says of a NIC's queues, and of this machine's dma-bufs. */
final class NicView {
    private static final Path DMA_BUFS = Path.of("/sys/kernel/debug/dma_buf/bufinfo");

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

    /** How many dma-bufs there are, and how many bytes they have; bindings and packets hold them, too. */
    static String dmaBufs() {
        try (Stream<String> lines = Files.lines(DMA_BUFS)) {
            return lines.filter(line -> line.startsWith("Total")).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until {@code condition} holds, for at most 60 seconds. */
    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited 60 seconds until " + what).isLessThan(deadline);
            Thread.sleep(20);
        }
    }
}
