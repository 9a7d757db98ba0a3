package dev.qlease.bench;

import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Does what netdev_dump.c does, with qlease, in the namespace in which the JVM was started. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NetdevBenchmark {
    /** The number of queues in the namespace, as the C program counts them; 0 if they were not counted. */
    @Param("0")
    private int queues;

    /** The device whose queue is read. */
    @Param("0")
    private int ifindex;

    /** Whether an iteration waits for its turn, a line of standard input. Not for JVMs that JMH starts. */
    @Param("false")
    private boolean turns;

    private Netdev netdev;

    /** Opens the family and counts the queues. */
    @Setup
    public void open() {
        netdev = Netdev.open();
        int found = netdev.queues().size();
        if (queues != 0 && found != queues) {
            throw new IllegalStateException("qlease lists " + found + " queues, not " + queues);
        }
    }

    /** Waits while other programs measure. */
    @Setup(Level.Iteration)
    public void awaitTurn() throws IOException {
        int read = turns ? System.in.read() : '\n';
        while (read >= 0 && read != '\n') {
            read = System.in.read();
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

    /** Reads all queues, one by one, and keeps none. */
    @Benchmark
    public long each() {
        long[] sum = new long[1];
        netdev.forEachQueue(
                queue -> sum[0] += queue.ifindex() + queue.id() + queue.type().value());
        return sum[0];
    }

    /** Gets one queue. */
    @Benchmark
    public Queue get() {
        return netdev.queue(ifindex, QueueId.rx(0));
    }
}
