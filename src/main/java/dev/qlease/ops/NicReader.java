package dev.qlease.ops;

import dev.qlease.lease.NicSetting;
import dev.qlease.ops.NicSelector.Kind;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Reads how a file names a NIC, and the settings of a NIC. */
final class NicReader {
    static final String NIC = "nic";
    static final List<String> SELECTORS =
            Arrays.stream(Kind.values()).map(Kind::field).toList();

    /** The fields of the settings of a NIC. */
    static final List<String> FIELDS = Stream.concat(
                    Stream.of(NIC), Arrays.stream(NicSetting.values()).map(NicSetting::text))
            .toList();

    private static final List<String> SPLITS = List.of("on", "off", "auto");

    private final FieldValues values;

    NicReader(FieldValues values) {
        this.values = values;
    }

    /** Reads what names a NIC; empty if that is invalid. */
    Optional<NicSelector> selector(FileNode node, String field) {
        String allowed = allowed();
        if (!(node instanceof FileNode.Members)) {
            return values.text(node, field, allowed).map(name -> NicSelector.of(Kind.NAME, name));
        }
        Map<String, FileNode.Member> map = values.members(node, field, allowed).orElse(Map.of());
        values.requireKnown(map, field, SELECTORS);
        if (map.isEmpty()) {
            values.problem(node.position(), field, "no field; give some of " + String.join(", ", SELECTORS));
            return Optional.empty();
        }
        int before = values.problems().size();
        Map<Kind, String> conditions = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            FileNode.Member given = map.get(kind.field());
            if (given != null) {
                condition(kind, given.value(), FieldValues.inside(field, kind.field()))
                        .ifPresent(value -> conditions.put(kind, value));
            }
        }
        return values.problems().size() == before && !conditions.isEmpty()
                ? Optional.of(new NicSelector(conditions))
                : Optional.empty();
    }

    /** Returns what can name a NIC, for messages. */
    static String allowed() {
        return "a device's name, or a map with some of " + String.join(", ", SELECTORS);
    }

    private Optional<String> condition(Kind kind, FileNode node, String field) {
        if (kind == Kind.NUMA_NODE || kind == Kind.SPEED) {
            OptionalInt number = values.number(node, field, kind == Kind.SPEED ? 1 : 0, Integer.MAX_VALUE);
            return number.isPresent() ? Optional.of(Integer.toString(number.getAsInt())) : Optional.empty();
        }
        String allowed = switch (kind) {
            case NAME -> "a device's name";
            case PCI_ADDRESS -> "a PCI address such as 0000:01:00.0";
            case PERMANENT_ADDRESS -> "a hardware address such as 02:00:00:00:00:01";
            default -> "the name of a driver, such as mlx5_core";
        };
        String pattern = switch (kind) {
            case PCI_ADDRESS -> "[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7]";
            case PERMANENT_ADDRESS -> "([0-9a-fA-F]{2}:)+[0-9a-fA-F]{2}";
            default -> ".+";
        };
        Optional<String> text = values.text(node, field, allowed);
        if (text.isPresent() && !text.get().matches(pattern)) {
            values.problem(node.position(), field, "\"" + text.get() + "\" is not allowed; give " + allowed);
            return Optional.empty();
        }
        return text;
    }

    /** Reads the settings of a NIC; empty if they are invalid. */
    Optional<WantedNic> settings(FileNode.Member nic) {
        int before = values.problems().size();
        String path = FieldValues.inside("nics", nic.key());
        Map<String, FileNode.Member> map =
                values.members(nic.value(), path, "a map with settings").orElse(Map.of());
        values.requireKnown(map, path, FIELDS);
        FileNode.Member named = map.get(NIC);
        Optional<NicSelector> selector = named == null
                ? Optional.of(NicSelector.of(Kind.NAME, nic.key()))
                : selector(named.value(), FieldValues.inside(path, NIC));
        Map<NicSetting, String> settings = new EnumMap<>(NicSetting.class);
        for (NicSetting setting : NicSetting.values()) {
            FileNode.Member given = map.get(setting.text());
            if (given != null) {
                value(setting, given.value(), FieldValues.inside(path, setting.text()))
                        .ifPresent(value -> settings.put(setting, value));
            }
        }
        if (settings.isEmpty() && values.problems().size() == before) {
            values.problem(nic.position(), path, "no setting; give some of " + String.join(", ", FIELDS));
        }
        return values.problems().size() == before
                ? selector.map(found -> new WantedNic(nic.key(), found, settings, nic.position()))
                : Optional.empty();
    }

    private Optional<String> value(NicSetting setting, FileNode node, String field) {
        if (setting == NicSetting.TCP_DATA_SPLIT) {
            return values.word(node, field, SPLITS);
        }
        int least = setting == NicSetting.HDS_THRESH ? 0 : 1;
        OptionalInt number = values.number(node, field, least, Integer.MAX_VALUE);
        return number.isPresent() ? Optional.of(Integer.toString(number.getAsInt())) : Optional.empty();
    }
}
