package dev.qlease.ops;

import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Redirect;
import dev.qlease.rtnetlink.IpPrefix;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the fields that describe a lease itself: its NIC and its shape. */
final class LeaseFields {
    /** As for the option --queue: a packet keeps its receive queue's number plus 1 in 16 bits. */
    private static final int LAST_QUEUE = 65534;

    private static final int LAST_PORT = 65535;
    private static final String CIDR = "addresses with prefix lengths, such as 2001:db8:2::2/64";

    private final FieldValues values;
    private final Map<String, FileNode.Member> members;
    private final String path;

    LeaseFields(FieldValues values, Map<String, FileNode.Member> members, String path) {
        this.values = values;
        this.members = members;
        this.path = path;
    }

    Optional<FileNode> field(LeaseField field) {
        return Optional.ofNullable(members.get(field.text())).map(FileNode.Member::value);
    }

    String path(LeaseField field) {
        return FieldValues.inside(path, field.text());
    }

    /** Returns what names the NIC; empty if that is missing, in the map at {@code position}, or invalid. */
    Optional<NicSelector> nic(Position position) {
        Optional<FileNode> node = field(LeaseField.NIC);
        String field = path(LeaseField.NIC);
        if (node.isEmpty()) {
            values.problem(position, field, "missing; give " + NicReader.allowed());
            return Optional.empty();
        }
        return new NicReader(values).selector(node.get(), field);
    }

    /** Returns everything that describes the lease itself; defaults for what is invalid. */
    LeaseShape shape() {
        OptionalInt count = OptionalInt.empty();
        List<Integer> queues = List.of();
        Optional<FileNode> given = field(LeaseField.QUEUES);
        if (given.isPresent() && given.get() instanceof FileNode.Items) {
            queues = values.numbers(given.get(), path(LeaseField.QUEUES), 0, LAST_QUEUE);
        } else if (given.isPresent()) {
            count = values.number(
                    given.get(), path(LeaseField.QUEUES), 1, LeaseSpec.MOST_QUEUES, " or a list of queues");
        }
        boolean single = flag(LeaseField.SINGLE);
        return new LeaseShape(
                queues.isEmpty() ? count.orElse(1) : queues.size(),
                queues,
                field(LeaseField.GUEST)
                        .flatMap(node -> values.text(node, path(LeaseField.GUEST), "a device's name"))
                        .orElse(LeaseShape.DEFAULT_GUEST),
                single,
                word(LeaseField.MODE, List.of(LeaseShape.L2, LeaseShape.L3)).orElse(LeaseShape.L2),
                prefixes(LeaseField.ADDRESSES),
                prefixes(LeaseField.ROUTES),
                field(LeaseField.PORTS)
                        .map(node -> values.numbers(node, path(LeaseField.PORTS), 1, LAST_PORT))
                        .orElse(List.of()),
                word(
                                LeaseField.REDIRECT,
                                Arrays.stream(Redirect.values())
                                        .map(Redirect::text)
                                        .toList())
                        .map(Redirect::parse)
                        .orElse(LeaseShape.defaultRedirect(single)),
                field(LeaseField.RX_RING)
                        .map(node -> values.number(node, path(LeaseField.RX_RING), 1, Integer.MAX_VALUE))
                        .orElse(OptionalInt.empty()),
                flag(LeaseField.SHARED_TRAFFIC));
    }

    private boolean flag(LeaseField field) {
        return field(field).map(node -> values.flag(node, path(field))).orElse(false);
    }

    private Optional<String> word(LeaseField field, List<String> words) {
        return field(field).flatMap(node -> values.word(node, path(field), words));
    }

    private List<String> prefixes(LeaseField field) {
        return field(field)
                .map(node -> values.parsed(
                        node, path(field), CIDR, text -> IpPrefix.parse(text).toString()))
                .orElse(List.of());
    }
}
