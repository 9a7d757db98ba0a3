package dev.qlease.bench;

import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What netdev_dump.c does, with qlease: in the namespace that the JVM was started in. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NetdevBenchmark {
    /** How many queues the namespace has, as the C program counts them. */
    @Param("0")
    private int queues;

    /** The device whose queue is asked for. */
    @Param("0")
    private int ifindex;

    private Netdev netdev;

    /** Opens the family and counts. */
    @Setup
    public void open() {
        netdev = Netdev.open();
        int found = netdev.queues().size();
        if (found != queues) {
            throw new IllegalStateException("qlease lists " + found + " queues, not " + queues);
        }
    }

    /** Closes the family. */
    @TearDown
    public void close() {
        netdev.close();
    }

    /** Lists all queues. */
    @Benchmark
    public List<Queue> dump() {
        return netdev.queues();
    }

    /** Asks for one queue. */
    @Benchmark
    public Queue get() {
        return netdev.queue(ifindex, QueueId.rx(0));
    }
}
