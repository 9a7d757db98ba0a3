package dev.qlease.node.cni;

import dev.qlease.node.cni.CniResult.Dns;
import dev.qlease.node.cni.CniResult.Interface;
import dev.qlease.node.cni.CniResult.Ip;
import dev.qlease.node.cni.CniResult.Route;
import dev.qlease.ops.FieldValues;
import dev.qlease.ops.FileNode;
import dev.qlease.ops.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;

/** Reads results of other plugins, in the format of any supported version. Ignores fields that it does not know. */
final class ResultReader {
    private final FieldValues values;
    private final Position position;

    /**
     * @param values collects what is wrong
     * @param source what the result is of, for messages
     */
    ResultReader(FieldValues values, String source) {
        this.values = values;
        this.position = new Position(source, 0, 0);
    }

    /** Returns the result; without what is invalid, which the {@link FieldValues} have collected. */
    CniResult read(FileNode node, String path) {
        Map<String, FileNode.Member> map = map(node, path);
        return new CniResult(
                each(map, path, "interfaces", this::readInterface),
                each(map, path, "ips", this::readIp),
                each(map, path, "routes", this::readRoute),
                Optional.ofNullable(map.get("dns"))
                        .map(member -> dns(member.value(), FieldValues.inside(path, "dns")))
                        .orElse(Dns.EMPTY));
    }

    private Map<String, FileNode.Member> map(FileNode node, String path) {
        return values.members(node, path, "an object").orElse(Map.of());
    }

    private <T> List<T> each(
            Map<String, FileNode.Member> map, String path, String name, Function<Fields, Optional<T>> read) {
        List<T> all = new ArrayList<>();
        FileNode.Member member = map.get(name);
        if (member == null || (member.value() instanceof FileNode.Scalar scalar && scalar.isNull())) {
            return all;
        }
        String field = FieldValues.inside(path, name);
        if (member.value() instanceof FileNode.Items items) {
            for (FileNode item : items.items()) {
                String place = field + "[" + all.size() + "]";
                read.apply(new Fields(map(item, place), place)).ifPresent(all::add);
            }
        } else {
            values.problem(member.position(), field, "give a list");
        }
        return all;
    }

    private Optional<Interface> readInterface(Fields fields) {
        return fields.required("name")
                .map(name -> new Interface(
                        name,
                        fields.text("mac"),
                        fields.number("mtu"),
                        fields.text("sandbox"),
                        fields.text("socketPath"),
                        fields.text("pciID")));
    }

    private Optional<Ip> readIp(Fields fields) {
        OptionalLong index = fields.number("interface");
        return fields.required("address")
                .map(address -> new Ip(
                        address,
                        fields.text("gateway"),
                        index.isPresent() ? OptionalInt.of((int) index.getAsLong()) : OptionalInt.empty()));
    }

    private Optional<Route> readRoute(Fields fields) {
        return fields.required("dst")
                .map(dst -> new Route(
                        dst,
                        fields.text("gw"),
                        fields.number("mtu"),
                        fields.number("advmss"),
                        fields.number("priority"),
                        fields.number("table"),
                        fields.number("scope")));
    }

    /** Returns a DNS configuration. */
    Dns dns(FileNode node, String path) {
        Fields fields = new Fields(map(node, path), path);
        return new Dns(
                fields.texts("nameservers"), fields.text("domain"), fields.texts("search"), fields.texts("options"));
    }

    /** The fields of an object. */
    private final class Fields {
        private final Map<String, FileNode.Member> map;
        private final String path;

        Fields(Map<String, FileNode.Member> map, String path) {
            this.map = map;
            this.path = path;
        }

        private Optional<FileNode.Member> member(String name) {
            return Optional.ofNullable(map.get(name))
                    .filter(member -> !(member.value() instanceof FileNode.Scalar scalar && scalar.isNull()));
        }

        /** Returns a text; empty if it is missing or empty, as plugins write what they do not have. */
        Optional<String> text(String name) {
            return member(name)
                    .filter(member -> !(member.value() instanceof FileNode.Scalar scalar
                            && scalar.text().isEmpty()))
                    .flatMap(member -> values.text(member.value(), FieldValues.inside(path, name), "a string"));
        }

        Optional<String> required(String name) {
            int before = values.problems().size();
            Optional<String> text = text(name);
            if (text.isEmpty() && values.problems().size() == before) {
                values.problem(position, FieldValues.inside(path, name), "missing; give a string");
            }
            return text;
        }

        OptionalLong number(String name) {
            Optional<FileNode.Member> member = member(name);
            if (member.isEmpty()) {
                return OptionalLong.empty();
            }
            OptionalInt number =
                    values.number(member.get().value(), FieldValues.inside(path, name), 0, Integer.MAX_VALUE);
            return number.isPresent() ? OptionalLong.of(number.getAsInt()) : OptionalLong.empty();
        }

        List<String> texts(String name) {
            Optional<FileNode.Member> member = member(name);
            if (member.isEmpty()) {
                return List.of();
            }
            if (!(member.get().value() instanceof FileNode.Items items)) {
                values.problem(position, FieldValues.inside(path, name), "give a list of strings");
                return List.of();
            }
            String field = FieldValues.inside(path, name);
            return items.items().stream()
                    .flatMap(item -> values.text(item, field, "a string").stream())
                    .toList();
        }
    }
}
