package dev.qlease.ops;

import dev.qlease.lease.Redirect;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.KernelText;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Leases in the form of a file. Fields that have their default values are left out.
 *
 * @param leases the fields of each lease; a value is a text, a number, a boolean or a list of these
 * @param notes the leases that no file can describe and why, each as a sentence
 */
public record Export(Map<String, Map<String, Object>> leases, List<String> notes) {
    private static final String SPECIAL = "(?i)true|false|null|yes|no|on|off|y|n";

    /** Returns the leases that exist as a whole. */
    static Export of(List<ActualLease> actual) {
        Map<String, Map<String, Object>> leases = new LinkedHashMap<>();
        List<String> notes = new ArrayList<>();
        for (ActualLease lease : actual) {
            if (lease.owner().isPresent()) {
                notes.add("lease " + lease.name() + " is left out: it belongs to "
                        + lease.owner().get() + ", which creates and deletes it");
                continue;
            }
            if (!lease.isWhole()) {
                notes.add("lease " + lease.name() + " is left out: it is "
                        + lease.status().text());
                continue;
            }
            Optional<String> netns = netns(lease.state().netns());
            if (netns.isEmpty()) {
                notes.add("lease " + lease.name() + " is left out: no path leads to its guest's namespace, which was "
                        + lease.state().netns().path());
                continue;
            }
            leases.put(lease.name(), fields(lease.state(), netns.get()));
        }
        return new Export(leases, notes);
    }

    /** Returns how to name a namespace: by its path, or else by a name below /run/netns. */
    private static Optional<String> netns(GuestNamespace netns) {
        if (netns.isThere()) {
            String directory = NetworkNamespace.NAMES + "/";
            boolean named = netns.path().startsWith(directory) && netns.path().indexOf('/', directory.length()) < 0;
            return Optional.of(named ? netns.path().substring(directory.length()) : netns.path());
        }
        try (DirectoryStream<Path> names = Files.newDirectoryStream(NetworkNamespace.NAMES)) {
            for (Path name : names) {
                if (new GuestNamespace(KernelText.text(name), netns.cookie()).isThere()) {
                    return Optional.of(KernelText.text(name.getFileName()));
                }
            }
        } catch (IOException | DirectoryIteratorException | LinuxException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    static Map<String, Object> fields(LeaseState lease, String netns) {
        LeaseShape shape = lease.shape();
        Map<String, Object> fields = new LinkedHashMap<>();
        put(fields, LeaseField.NIC, lease.nic().name());
        put(fields, LeaseField.NETNS, netns);
        put(fields, LeaseField.QUEUES, shape.queues().isEmpty() ? shape.count() : shape.queues());
        if (!shape.guest().equals(LeaseShape.DEFAULT_GUEST)) {
            put(fields, LeaseField.GUEST, shape.guest());
        }
        put(fields, LeaseField.ADDRESSES, shape.addresses());
        put(fields, LeaseField.ROUTES, shape.routes());
        Redirect redirect = shape.redirect();
        if (redirect != LeaseShape.defaultRedirect(shape.single())) {
            put(fields, LeaseField.REDIRECT, redirect.text());
        }
        if (!shape.mode().equals(LeaseShape.L2)) {
            put(fields, LeaseField.MODE, shape.mode());
        }
        put(fields, LeaseField.PORTS, shape.ports());
        shape.rxRing().ifPresent(size -> put(fields, LeaseField.RX_RING, size));
        put(fields, LeaseField.SINGLE, shape.single());
        put(fields, LeaseField.SHARED_TRAFFIC, shape.sharedTraffic());
        return fields;
    }

    private static void put(Map<String, Object> fields, LeaseField field, Object value) {
        if (!value.equals(List.of()) && !value.equals(false)) {
            fields.put(field.text(), value);
        }
    }

    /** Returns the leases as YAML. */
    public String yaml() {
        if (leases.isEmpty()) {
            return "leases: {}\n";
        }
        StringBuilder text = new StringBuilder("leases:\n");
        leases.forEach((name, fields) -> {
            text.append("  ").append(yaml(name)).append(":\n");
            fields.forEach((field, value) -> text.append("    ")
                    .append(field)
                    .append(": ")
                    .append(yaml(value))
                    .append('\n'));
        });
        return text.toString();
    }

    private static String yaml(Object value) {
        return switch (value) {
            case List<?> list ->
                "[" + String.join(", ", list.stream().map(Export::yaml).toList()) + "]";
            case String text -> isPlain(text) ? text : quoted(text);
            default -> value.toString();
        };
    }

    /** Returns whether a text means itself without quotes, in lists too. */
    private static boolean isPlain(String text) {
        return text.matches("[A-Za-z/_][A-Za-z0-9_./-]*") && !text.matches(SPECIAL);
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
