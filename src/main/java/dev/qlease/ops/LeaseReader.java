package dev.qlease.ops;

import dev.qlease.lease.LeaseSpec;
import dev.qlease.linux.NetworkNamespace;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the description of one lease. */
final class LeaseReader {
    static final List<String> CONTAINER_FIELDS = List.of("engine", "id");

    private final FieldValues values;
    private final FileNode.Member lease;
    private final String path;

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
        values.requireKnown(
                map.get(),
                path,
                Arrays.stream(LeaseField.values()).map(LeaseField::text).toList());
        LeaseFields fields = new LeaseFields(values, map.get(), path);
        Optional<NicSelector> nic = fields.nic(lease.position());
        Optional<GuestSelector> guest = guest(fields);
        LeaseShape shape = fields.shape();
        if (values.problems().size() == before) {
            requireValid(shape);
        }
        return values.problems().size() == before && nic.isPresent() && guest.isPresent()
                ? Optional.of(new WantedLease(lease.key(), nic.get(), guest.get(), shape, lease.position()))
                : Optional.empty();
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

    private Optional<GuestSelector> guest(LeaseFields fields) {
        Optional<FileNode> netns = fields.field(LeaseField.NETNS);
        Optional<FileNode> container = fields.field(LeaseField.CONTAINER);
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
                                fields.path(LeaseField.NETNS),
                                "a name below /run/netns, a path with a slash in it, or the PID of a process")
                        .map(GuestSelector.Netns::new)
                : container(container.orElseThrow(), fields.path(LeaseField.CONTAINER));
    }

    private Optional<GuestSelector> container(FileNode node, String field) {
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
}
