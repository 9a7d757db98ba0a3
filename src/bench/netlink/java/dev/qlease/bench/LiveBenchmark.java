package dev.qlease.bench;

import com.sun.management.ThreadMXBean;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.Notification;
import dev.qlease.netlink.NotificationSocket;
import dev.qlease.rtnetlink.AddressFamily;
import dev.qlease.rtnetlink.LinkFilter;
import dev.qlease.rtnetlink.RouteFilter;
import dev.qlease.rtnetlink.Rtnetlink;
import dev.qlease.rtnetlink.RtnetlinkEvent;
import dev.qlease.rtnetlink.RtnetlinkMonitor;
import dev.qlease.rtnetlink.RtnetlinkMonitor.Group;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Does what live.c does, with qlease: routes|links list|each, or events BUFFER. A line of input with a second word is a
 * warm-up, after which the benchmark waits for Java's compiler.
 */
public final class LiveBenchmark {
    private static final RouteFilter INET6 = RouteFilter.ALL.family(AddressFamily.INET6);

    private LiveBenchmark() {}

    /** Measures for as many nanoseconds and returns the line to print. */
    private interface Turn {
        String measure(long nanos);
    }

    /** Runs the benchmark. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if ("events".equals(args[0])) {
            takeTurns(nanos -> events(Integer.parseInt(args[1]), nanos));
        } else {
            try (Rtnetlink rtnetlink = Rtnetlink.open()) {
                LongSupplier list = list(rtnetlink, args[0], "each".equals(args[1]));
                takeTurns(nanos -> lists(list, nanos));
            }
        }
        Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM"))
                .forEach(line -> System.out.println(line.replaceAll("\\D", "") + " KiB"));
    }

    private static void takeTurns(Turn turn) throws IOException, InterruptedException {
        BufferedReader turns = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = turns.readLine(); line != null; line = turns.readLine()) {
            String[] words = line.split(" ");
            String measured = turn.measure(Long.parseLong(words[0]) * 1_000_000);
            if (words.length > 1) {
                Meter.awaitCompiler();
            }
            System.out.println(measured);
        }
    }

    private static LongSupplier list(Rtnetlink rtnetlink, String kind, boolean each) {
        long[] count = new long[1];
        if (each) {
            return () -> {
                count[0] = 0;
                if ("routes".equals(kind)) {
                    rtnetlink.routes().forEach(INET6, _ -> count[0]++);
                } else {
                    rtnetlink.links().forEach(LinkFilter.ALL, _ -> count[0]++);
                }
                return count[0];
            };
        }
        return "routes".equals(kind)
                ? () -> rtnetlink.routes().list(INET6).size()
                : () -> rtnetlink.links().list().size();
    }

    private static String lists(LongSupplier list, long nanos) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = threads.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        long done = 0;
        long records;
        do {
            records = list.getAsLong();
            done++;
        } while (System.nanoTime() - start < nanos);
        long bytes = (threads.getCurrentThreadAllocatedBytes() - allocated) / done;
        return records + " records, " + bytes + " bytes, " + (System.nanoTime() - start) / done;
    }

    /** Receives with a socket of its own, since one that is not read between turns would overflow. */
    private static String events(int receiveQueue, long nanos) {
        try (NotificationSocket<RtnetlinkEvent> socket =
                RtnetlinkMonitor.open(NetworkNamespace.ofCaller(), receiveQueue, Set.of(Group.IPV6_ROUTE))) {
            return events(socket, nanos);
        }
    }

    private static String events(NotificationSocket<RtnetlinkEvent> socket, long nanos) {
        long used = Meter.processorTime();
        long end = System.nanoTime() + nanos;
        long received = 0;
        long lost = 0;
        while (System.nanoTime() < end) {
            Optional<Notification<RtnetlinkEvent>> next = socket.next(Duration.ofMillis(10));
            if (next.isPresent()) {
                switch (next.get()) {
                    case Notification.Event<RtnetlinkEvent> _ -> received++;
                    case Notification.Missed<RtnetlinkEvent> _ -> lost++;
                }
            }
        }
        long spent = (Meter.processorTime() - used) / Math.max(1, received);
        return received + " events, " + lost + " losses, " + spent;
    }
}
