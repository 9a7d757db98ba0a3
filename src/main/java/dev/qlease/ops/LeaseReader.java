package dev.qlease.ops;

import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Redirect;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the description of one lease. */
final class LeaseReader {
    static final List<String> CONTAINER_FIELDS = List.of("engine", "id");

    /** As for the option --queue: a packet keeps its receive queue's number plus 1 in 16 bits. */
    private static final int LAST_QUEUE = 65534;

    private static final int LAST_PORT = 65535;
    private static final String CIDR = "addresses with prefix lengths, such as 2001:db8:2::2/64";

    private final FieldValues values;
    private final FileNode.Member lease;
    private final String path;
    private Map<String, FileNode.Member> members = Map.of();

    LeaseReader(FieldValues values, FileNode.Member lease) {
        this.values = values;
        this.lease = lease;
        this.path = FieldValues.inside("leases", lease.key());
    }

    /** Returns the lease; empty if something was wrong, which the {@link FieldValues} have collected. */
    Optional<WantedLease> read() {
        int before = values.problems().size();
        Optional<Map<String, FileNode.Member>> map = values.members(lease.value(), path, "a map with the field nic");
        if (map.isEmpty()) {
            return Optional.empty();
        }
        members = map.get();
        values.requireKnown(
                members,
                path,
                Arrays.stream(LeaseField.values()).map(LeaseField::text).toList());
        Optional<NicSelector> nic = nic();
        Optional<GuestSelector> guest = guest();
        LeaseShape shape = shape();
        if (values.problems().size() == before) {
            requireValid(shape);
        }
        return values.problems().size() == before && nic.isPresent() && guest.isPresent()
                ? Optional.of(new WantedLease(lease.key(), nic.get(), guest.get(), shape, lease.position()))
                : Optional.empty();
    }

    private Optional<FileNode> field(LeaseField field) {
        return Optional.ofNullable(members.get(field.text())).map(FileNode.Member::value);
    }

    private String path(LeaseField field) {
        return FieldValues.inside(path, field.text());
    }

    /** Checks what several fields must be together, as far as the machine need not be asked. */
    private void requireValid(LeaseShape shape) {
        try {
            LeaseSpec spec = shape.spec(lease.key(), "nic", NetworkNamespace.ofCaller());
            if (spec.host().isEmpty()) {
                throw new IllegalStateException("a lease without a name");
            }
        } catch (IllegalArgumentException e) {
            values.problem(lease.position(), path, String.valueOf(e.getMessage()));
        }
    }

    private Optional<NicSelector> nic() {
        Optional<FileNode> node = field(LeaseField.NIC);
        String field = path(LeaseField.NIC);
        if (node.isEmpty()) {
            values.problem(lease.position(), field, "missing; give " + NicReader.allowed());
            return Optional.empty();
        }
        return new NicReader(values).selector(node.get(), field);
    }

    private Optional<GuestSelector> guest() {
        Optional<FileNode> netns = field(LeaseField.NETNS);
        Optional<FileNode> container = field(LeaseField.CONTAINER);
        if (netns.isPresent() == container.isPresent()) {
            values.problem(
                    lease.position(),
                    path,
                    (netns.isPresent() ? "netns and container exclude each other; give one of them" : "missing netns")
                            + (netns.isPresent() ? "" : "; give netns, or container with engine and id"));
            return Optional.empty();
        }
        return netns.isPresent()
                ? values.textOrNumber(
                                netns.get(),
                                path(LeaseField.NETNS),
                                "a name below /run/netns, a path with a slash in it, or the PID of a process")
                        .map(GuestSelector.Netns::new)
                : container(container.orElseThrow());
    }

    private Optional<GuestSelector> container(FileNode node) {
        String field = path(LeaseField.CONTAINER);
        List<String> engines = Arrays.stream(ContainerEngine.values())
                .map(ContainerEngine::text)
                .toList();
        Map<String, FileNode.Member> map = values.members(node, field, "a map with the fields engine and id")
                .orElse(Map.of());
        values.requireKnown(map, field, CONTAINER_FIELDS);
        FileNode.Member engineMember = map.get("engine");
        FileNode.Member idMember = map.get("id");
        if (engineMember == null || idMember == null) {
            if (node instanceof FileNode.Members) {
                values.problem(node.position(), field, "a container needs both fields, engine and id");
            }
            return Optional.empty();
        }
        Optional<String> engine = values.word(engineMember.value(), field + ".engine", engines);
        Optional<String> id = values.textOrNumber(idMember.value(), field + ".id", "the container's id");
        if (id.isPresent() && !id.get().matches("[A-Za-z0-9_.-]+")) {
            values.problem(idMember.position(), field + ".id", "\"" + id.get() + "\" is no container's id");
            return Optional.empty();
        }
        return engine.map(ContainerEngine::parse)
                .flatMap(known -> id.map(text -> new GuestSelector.Container(known, text)));
    }

    private LeaseShape shape() {
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
