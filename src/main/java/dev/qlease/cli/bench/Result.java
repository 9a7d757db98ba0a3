package dev.qlease.cli.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The result of all runs of one kind.
 *
 * @param direction whether this machine sent or received
 * @param chunk the most bytes that one system call moved
 * @param means what moved the data
 * @param bytesPerSecond the median throughput
 * @param processorSecondsPerGib the median of the user and system time of this process, per GiB
 * @param copied the median of the part that the kernel has copied, 0 to 1
 * @param calls the median number of system calls that moved data in a run
 */
record Result(
        Direction direction,
        int chunk,
        Means means,
        double bytesPerSecond,
        double processorSecondsPerGib,
        double copied,
        double calls) {
    /** Returns the medians of {@code runs}, at least one. */
    static Result of(Direction direction, int chunk, Means means, List<Measured> runs) {
        return new Result(
                direction,
                chunk,
                means,
                median(runs, Measured::bytesPerSecond),
                median(runs, Measured::processorSecondsPerGib),
                median(runs, Measured::copied),
                median(runs, Measured::calls));
    }

    private static double median(List<Measured> runs, ToDoubleFunction<Measured> figure) {
        double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
