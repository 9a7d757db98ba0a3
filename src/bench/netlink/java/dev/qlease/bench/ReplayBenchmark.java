package dev.qlease.bench;

import com.sun.management.ThreadMXBean;
import dev.qlease.netdev.Napi;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.PagePool;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import dev.qlease.netlink.BareRequest;
import dev.qlease.netlink.GenericNetlink;
import dev.qlease.netlink.NetlinkProtocol;
import dev.qlease.netlink.NetlinkSocket;
import dev.qlease.netlink.Replay;
import dev.qlease.rtnetlink.AddressFamily;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkFilter;
import dev.qlease.rtnetlink.Links;
import dev.qlease.rtnetlink.Route;
import dev.qlease.rtnetlink.RouteFilter;
import dev.qlease.rtnetlink.Routes;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Does what replay.c does, with qlease: KIND print|list|each FILE, request qlease|bare IFINDEX, request threads IFINDEX
 * N, or request replay IFINDEX DIRECTORY. A line of output also has the bytes allocated per record or request. A line
 * of input with a second word is a warm-up, after which the benchmark waits for Java's compiler.
 */
public final class ReplayBenchmark {
    private ReplayBenchmark() {}

    /** What a recording is read as. */
    private interface Recording<T> {
        List<T> list();

        void each(Consumer<T> reader);

        String text(T each);
    }

    private record Queues(Netdev netdev) implements Recording<Queue> {
        @Override
        public List<Queue> list() {
            return netdev.queues();
        }

        @Override
        public void each(Consumer<Queue> reader) {
            netdev.forEachQueue(reader);
        }

        @Override
        public String text(Queue queue) {
            return ReplayText.of(queue);
        }
    }

    private record Napis(Netdev netdev) implements Recording<Napi> {
        @Override
        public List<Napi> list() {
            return netdev.napis();
        }

        @Override
        public void each(Consumer<Napi> reader) {
            netdev.forEachNapi(reader);
        }

        @Override
        public String text(Napi napi) {
            return ReplayText.of(napi);
        }
    }

    private record PagePools(Netdev netdev) implements Recording<PagePool> {
        @Override
        public List<PagePool> list() {
            return netdev.pagePools();
        }

        @Override
        public void each(Consumer<PagePool> reader) {
            netdev.forEachPagePool(reader);
        }

        @Override
        public String text(PagePool pool) {
            return ReplayText.of(pool);
        }
    }

    private record AllLinks(Links links) implements Recording<Link> {
        @Override
        public List<Link> list() {
            return links.list();
        }

        @Override
        public void each(Consumer<Link> reader) {
            links.forEach(LinkFilter.ALL, reader);
        }

        @Override
        public String text(Link link) {
            return ReplayText.of(link);
        }
    }

    private record AllRoutes(Routes routes) implements Recording<Route> {
        private static final RouteFilter INET = RouteFilter.ALL.family(AddressFamily.INET);

        @Override
        public List<Route> list() {
            return routes.list(INET);
        }

        @Override
        public void each(Consumer<Route> reader) {
            routes.forEach(INET, reader);
        }

        @Override
        public String text(Route route) {
            return ReplayText.of(route);
        }
    }

    /** Runs the benchmark. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (!"request".equals(args[0])) {
            replay(args[0], args[1], Path.of(args[2]));
            return;
        }
        int ifindex = Integer.parseInt(args[2]);
        try (GenericNetlink netlink = GenericNetlink.open()) {
            LongSupplier request = request(construct(Netdev.class, netlink), ifindex);
            switch (args[1]) {
                case "qlease" -> takeTurns(nanos -> window(request, nanos));
                case "bare" -> takeTurns(nanos -> window(new BareRequest(netlink, ifindex), nanos));
                case "threads" -> takeTurns(nanos -> threads(request, Integer.parseInt(args[3]), nanos));
                case "replay" -> replayRequest(Path.of(args[3]), ifindex);
                default -> throw new IllegalArgumentException("unknown kind of request " + args[1]);
            }
        }
    }

    private static LongSupplier request(Netdev netdev, int ifindex) {
        QueueId first = QueueId.rx(0);
        return () -> netdev.queue(ifindex, first).id() + 1;
    }

    /** Makes requests whose reply is recorded: all of a request except its system calls. */
    private static void replayRequest(Path directory, int ifindex) throws IOException, InterruptedException {
        Replay replay = Replay.of(directory, "queue", NetlinkProtocol.GENERIC);
        LongSupplier request = request(netdev(replay.socket()), ifindex);
        takeTurns(nanos -> window(
                () -> {
                    replay.rewind();
                    return request.getAsLong();
                },
                nanos));
    }

    private static void replay(String kind, String mode, Path file) throws IOException, InterruptedException {
        boolean generic = !"links".equals(kind) && !"routes".equals(kind);
        Replay replay = Replay.of(
                file.getParent(),
                file.getFileName().toString(),
                generic ? NetlinkProtocol.GENERIC : NetlinkProtocol.ROUTE);
        Recording<?> recording = recording(kind, replay.socket());
        replay.rewind();
        if ("print".equals(mode)) {
            print(recording);
        } else if ("list".equals(mode)) {
            takeTurns(nanos -> window(
                    () -> {
                        replay.rewind();
                        return recording.list().size();
                    },
                    nanos));
        } else {
            takeTurns(nanos -> window(() -> each(replay, recording), nanos));
        }
    }

    private static long each(Replay replay, Recording<?> recording) {
        long[] count = new long[1];
        replay.rewind();
        recording.each(_ -> count[0]++);
        return count[0];
    }

    private static Recording<?> recording(String kind, NetlinkSocket socket) {
        return switch (kind) {
            case "queues" -> new Queues(netdev(socket));
            case "napis" -> new Napis(netdev(socket));
            case "page-pools" -> new PagePools(netdev(socket));
            case "links" -> new AllLinks(construct(Rtnetlink.class, socket).links());
            case "routes" -> new AllRoutes(construct(Rtnetlink.class, socket).routes());
            default -> throw new IllegalArgumentException("unknown recording " + kind);
        };
    }

    private static Netdev netdev(NetlinkSocket socket) {
        return construct(Netdev.class, construct(GenericNetlink.class, socket));
    }

    /** Calls a constructor that is not public, since programs open sockets of the kernel only. */
    private static <T> T construct(Class<T> type, Object argument) {
        try {
            var constructor = type.getDeclaredConstructor(argument.getClass());
            constructor.setAccessible(true);
            return constructor.newInstance(argument);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> void print(Recording<T> recording) {
        recording.list().forEach(each -> System.out.println(recording.text(each)));
    }

    /** Measures for the given nanoseconds; returns nanoseconds and bytes per record. */
    private interface Turn {
        double[] measure(long nanos);
    }

    private static void takeTurns(Turn turn) throws IOException, InterruptedException {
        BufferedReader turns = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = turns.readLine(); line != null; line = turns.readLine()) {
            String[] words = line.split(" ");
            double[] measured = turn.measure(Long.parseLong(words[0]) * 1_000_000);
            if (words.length > 1) {
                Meter.awaitCompiler();
            }
            System.out.printf("%.0f bytes, %.2f%n", measured[1], measured[0]);
        }
    }

    private static double[] window(LongSupplier operation, long nanos) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = threads.getCurrentThreadAllocatedBytes();
        long used = Meter.processorTime();
        long start = System.nanoTime();
        long done = 0;
        while (System.nanoTime() - start < nanos) {
            done += operation.getAsLong();
        }
        long spent = Meter.processorTime() - used;
        long bytes = threads.getCurrentThreadAllocatedBytes() - allocated;
        return new double[] {(double) spent / done, (double) bytes / done};
    }

    private static double[] threads(LongSupplier operation, int count, long nanos) {
        AtomicLong done = new AtomicLong();
        Thread[] threads = new Thread[count];
        Arrays.setAll(
                threads,
                _ -> Thread.ofPlatform().start(() -> {
                    long own = 0;
                    for (long start = System.nanoTime(); System.nanoTime() - start < nanos; ) {
                        own += operation.getAsLong();
                    }
                    done.addAndGet(own);
                }));
        for (Thread thread : new ArrayList<>(List.of(threads))) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return new double[] {(double) nanos / done.get(), 0};
    }
}
