package dev.qlease.cli.node;

import dev.qlease.cli.output.Output;
import dev.qlease.node.BindingRefusedException;
import dev.qlease.node.NodeEvent;
import dev.qlease.node.dra.DriverEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/** Prints events of the agent and of the driver, each as a line or as a JSON object. Thread-safe. */
final class EventPrinter {
    private static final double NANOS_PER_SECOND = 1e9;

    private final Output output;
    private final boolean asJson;

    EventPrinter(Output output, boolean asJson) {
        this.output = output;
        this.asJson = asJson;
    }

    private record EventJson(
            Instant time,
            String event,
            Optional<String> reason,
            int pid,
            int uid,
            long netnsCookie,
            String lease,
            String device,
            List<Integer> queues,
            OptionalInt binding,
            String sentence) {}

    private record DriverEventJson(
            Instant time, String event, String claim, String pod, Optional<Double> seconds, String sentence) {}

    synchronized void print(NodeEvent event) throws IOException {
        if (asJson) {
            output.json(new EventJson(
                    Instant.now(),
                    name(event),
                    event.reason().map(BindingRefusedException.Reason::text),
                    event.pid(),
                    event.uid(),
                    event.netns(),
                    event.lease(),
                    event.device(),
                    event.queues(),
                    event.binding(),
                    event.sentence()));
        } else {
            output.printLine(line(event));
        }
        output.flush();
    }

    private static String name(NodeEvent event) {
        return event.kind().name().toLowerCase(Locale.ROOT);
    }

    /** Returns a line such as {@code refused no-lease: pid=7 uid=65534 netns=9: the network namespace has no lease}. */
    private static String line(NodeEvent event) {
        StringBuilder line = new StringBuilder(name(event));
        event.reason().ifPresent(reason -> line.append(' ').append(reason.text()));
        line.append(':');
        if (event.pid() != 0) {
            line.append(" pid=").append(event.pid()).append(" uid=").append(Integer.toUnsignedString(event.uid()));
        }
        if (event.netns() != 0) {
            line.append(" netns=").append(event.netns());
        }
        if (!event.lease().isEmpty()) {
            line.append(" lease=").append(event.lease());
        }
        if (!event.device().isEmpty()) {
            line.append(" device=\"")
                    .append(event.device())
                    .append("\" queues=")
                    .append(event.queues());
        }
        event.binding().ifPresent(id -> line.append(" binding=").append(id));
        return line.append(": ").append(event.sentence()).toString();
    }

    synchronized void print(DriverEvent event) throws IOException {
        Optional<Double> seconds = Optional.of(event.took())
                .filter(took -> !took.isZero())
                .map(Duration::toNanos)
                .map(nanos -> nanos / NANOS_PER_SECOND);
        String name = event.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
        if (asJson) {
            output.json(
                    new DriverEventJson(Instant.now(), name, event.claim(), event.pod(), seconds, event.sentence()));
        } else {
            StringBuilder line = new StringBuilder(name);
            if (!event.claim().isEmpty()) {
                line.append(": claim=").append(event.claim());
            }
            if (!event.pod().isEmpty()) {
                line.append(" pod=").append(event.pod());
            }
            seconds.ifPresent(took -> line.append(String.format(Locale.ROOT, " seconds=%.3f", took)));
            output.printLine(line.append(": ").append(event.sentence()).toString());
        }
        output.flush();
    }
}
