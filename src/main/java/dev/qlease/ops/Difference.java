package dev.qlease.ops;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A difference between an existing lease and the wanted one.
 *
 * @param field the field
 * @param found the present value
 * @param wanted the wanted value
 */
public record Difference(String field, String found, String wanted) {
    private static final String NONE = "none";
    private static final String ALL = "all";

    /** Returns the differences; empty if the lease is as it is wanted. */
    static List<Difference> between(ActualLease actual, LeaseState wanted) {
        List<Difference> differences = new ArrayList<>();
        if (!actual.isWhole()) {
            differences.add(new Difference("status", actual.status().text(), "ready"));
            return differences;
        }
        LeaseState found = actual.state();
        if (!found.nic().isSame(wanted.nic())) {
            add(differences, LeaseField.NIC, found.nic().name(), wanted.nic().name());
        }
        if (found.netns().cookie() != wanted.netns().cookie()) {
            add(
                    differences,
                    LeaseField.NETNS,
                    found.netns().path(),
                    wanted.netns().path());
        }
        compare(differences, found.shape(), wanted.shape());
        return differences;
    }

    private static void compare(List<Difference> differences, LeaseShape found, LeaseShape wanted) {
        if (wanted.queues().isEmpty()) {
            compare(differences, LeaseField.QUEUES, found.count(), wanted.count());
        } else {
            compare(differences, LeaseField.QUEUES, found.queues(), wanted.queues());
        }
        compare(differences, LeaseField.GUEST, found.guest(), wanted.guest());
        compare(differences, LeaseField.ADDRESSES, text(found.addresses(), NONE), text(wanted.addresses(), NONE));
        compare(differences, LeaseField.ROUTES, text(found.routes(), ALL), text(wanted.routes(), ALL));
        compare(
                differences,
                LeaseField.REDIRECT,
                found.redirect().text(),
                wanted.redirect().text());
        compare(differences, LeaseField.MODE, found.mode(), wanted.mode());
        compare(differences, LeaseField.PORTS, text(found.ports(), ALL), text(wanted.ports(), ALL));
        compare(differences, LeaseField.RX_RING, ring(found), ring(wanted));
        compare(differences, LeaseField.SINGLE, found.single(), wanted.single());
        compare(differences, LeaseField.SHARED_TRAFFIC, found.sharedTraffic(), wanted.sharedTraffic());
    }

    private static String ring(LeaseShape shape) {
        return shape.rxRing().isPresent() ? Integer.toString(shape.rxRing().getAsInt()) : "unchanged";
    }

    private static void compare(List<Difference> differences, LeaseField field, Object found, Object wanted) {
        if (!found.equals(wanted)) {
            add(differences, field, found.toString(), wanted.toString());
        }
    }

    private static void add(List<Difference> differences, LeaseField field, String found, String wanted) {
        differences.add(new Difference(field.text(), found, wanted));
    }

    private static String text(Collection<?> values, String empty) {
        return values.isEmpty() ? empty : values.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return field + ": " + found + " -> " + wanted;
    }
}
