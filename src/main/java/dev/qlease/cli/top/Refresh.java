package dev.qlease.cli.top;

import dev.qlease.metrics.Part;
import dev.qlease.metrics.Rates;
import dev.qlease.metrics.Rows;
import dev.qlease.metrics.Sample;
import dev.qlease.metrics.Sampler;
import java.util.List;
import java.util.Optional;

/**
 * A sample with its rates.
 *
 * @param sample the sample
 * @param rows its rows
 * @param rates their rates since the sample before
 */
record Refresh(Sample sample, Rows rows, Rates rates) {
    /** Takes the next sample. */
    static Refresh next(Sampler sampler, Rates rates) {
        Sample sample = sampler.sample();
        Rows rows = Rows.of(sample);
        rates.next(rows);
        return new Refresh(sample, rows, rates);
    }

    /** Returns the parts that could not be read, not those that this kernel does not have. */
    List<Part<?>> failed() {
        return sample.parts().stream().filter(Part::failed).toList();
    }

    /** Returns whether the only device that was asked for is gone. */
    boolean isGone() {
        return sample.ifindex().isPresent()
                && !sample.links().failed()
                && sample.links().records().stream()
                        .noneMatch(link -> link.ifindex() == sample.ifindex().getAsInt());
    }

    /** Returns a sentence about what could not be read; empty if everything was. */
    Optional<String> problem() {
        List<Part<?>> failed = failed();
        return failed.isEmpty()
                ? Optional.empty()
                : Optional.of(failed.getFirst().source().text() + ": "
                        + failed.getFirst().problem().orElse("")
                        + (failed.size() == 1 ? "" : "; and " + (failed.size() - 1) + " more"));
    }
}
