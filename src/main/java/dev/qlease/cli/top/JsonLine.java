package dev.qlease.cli.top;

import dev.qlease.cli.output.Output;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.metrics.Counters;
import dev.qlease.metrics.Rate;
import dev.qlease.metrics.Row;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Prints a refresh as a JSON object on a line. */
final class JsonLine {
    private JsonLine() {}

    private record Json(
            Instant time,
            List<LeaseJson> leases,
            List<QueueJson> queues,
            List<BindingJson> bindings,
            List<PoolJson> pagePools,
            List<ErrorJson> errors) {}

    private record LeaseJson(
            String lease,
            String id,
            String status,
            String nic,
            String netns,
            String guest,
            int queues,
            Counters counters,
            Rate rates) {}

    private record QueueJson(
            int ifindex,
            String ifname,
            String type,
            int id,
            String state,
            OptionalInt dmabuf,
            Counters counters,
            Rate rates) {}

    private record BindingJson(
            int id,
            int ifindex,
            String ifname,
            List<Integer> queues,
            OptionalLong inflight,
            OptionalLong inflightMem,
            Counters counters,
            Rate rates) {}

    private record PoolJson(
            long id,
            OptionalInt ifindex,
            Optional<String> ifname,
            long inflight,
            long inflightMem,
            OptionalInt dmabuf,
            Counters counters,
            Rate rates) {}

    private record ErrorJson(String part, String error) {}

    /** Prints {@code refresh}; {@code tables} sorts its rows. */
    static void print(Refresh refresh, Tables tables, Output output) throws IOException {
        output.json(new Json(
                refresh.sample().time(),
                tables.sorted(refresh.rows().leases()).stream()
                        .map(row -> of(row, refresh))
                        .toList(),
                tables.sorted(refresh.rows().queues()).stream()
                        .map(row -> of(row, refresh))
                        .toList(),
                tables.sorted(refresh.rows().bindings()).stream()
                        .map(row -> of(row, refresh))
                        .toList(),
                tables.sorted(refresh.rows().pools()).stream()
                        .map(row -> of(row, refresh))
                        .toList(),
                refresh.failed().stream()
                        .map(part -> new ErrorJson(
                                part.source().text(), part.problem().orElse("")))
                        .toList()));
    }

    private static LeaseJson of(Row.OfLease row, Refresh refresh) {
        LeaseInfo info = row.info();
        return new LeaseJson(
                info.name(),
                info.id(),
                info.status().text(),
                info.nic(),
                info.netns(),
                info.guest(),
                info.queues().size(),
                row.counters(),
                refresh.rates().of(row));
    }

    private static QueueJson of(Row.OfQueue row, Refresh refresh) {
        return new QueueJson(
                row.device().ifindex(),
                row.device().name(),
                row.queue().type().text(),
                row.queue().id(),
                row.state().name().toLowerCase(Locale.ROOT),
                row.queue().dmabuf(),
                row.counters(),
                refresh.rates().of(row));
    }

    private static BindingJson of(Row.OfBinding row, Refresh refresh) {
        return new BindingJson(
                row.id(),
                row.device().ifindex(),
                row.device().name(),
                row.queues(),
                row.inflight(),
                row.inflightMem(),
                row.counters(),
                refresh.rates().of(row));
    }

    private static PoolJson of(Row.OfPool row, Refresh refresh) {
        return new PoolJson(
                row.pool().id(),
                row.pool().ifindex(),
                row.pool().ifindex().isPresent() ? Optional.of(row.device().name()) : Optional.empty(),
                row.pool().inflight(),
                row.pool().inflightMem(),
                row.pool().dmabuf(),
                row.counters(),
                refresh.rates().of(row));
    }
}
