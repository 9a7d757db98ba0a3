package dev.qlease.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Random steps of the model of wanted state, and random files for them. */
final class OpsSteps {
    /** The names of the guests' namespaces begin with this. */
    static final String GUEST = "qlo";

    static final int GUESTS = 3;

    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final int MOST_POINTS = 30;

    private OpsSteps() {}

    /** Sequences of steps. */
    static Arbitrary<List<OpsStep>> sequences() {
        Arbitrary<String> file = files();
        Arbitrary<List<OpsStep.Death>> deaths = Combinators.combine(
                        Arbitraries.frequency(Tuple.of(3, true), Tuple.of(1, false)),
                        Arbitraries.integers().between(0, MOST_POINTS))
                .as((inLease, points) -> new OpsStep.Death(inLease, inLease ? points : points % 4))
                .list()
                .ofMinSize(1)
                .ofMaxSize(3);
        Arbitrary<OpsStep.Next> next = Arbitraries.of(OpsStep.Next.class);
        Arbitrary<Integer> which = Arbitraries.integers().between(0, GUESTS - 1);
        return Arbitraries.<OpsStep>frequencyOf(
                        Tuple.of(10, file.map(OpsStep.Apply::new)),
                        Tuple.of(
                                3,
                                Combinators.combine(file, Arbitraries.of(OpsStep.Ending.class))
                                        .as(OpsStep.ApplyWithTimeout::new)),
                        Tuple.of(6, Combinators.combine(file, deaths, next).as(OpsStep.DyingApply::new)),
                        Tuple.of(4, Arbitraries.create(OpsStep.Rollback::new)),
                        Tuple.of(4, Combinators.combine(deaths, next).as(OpsStep.DyingRollback::new)),
                        Tuple.of(2, file.map(OpsStep.CreateByHand::new)),
                        Tuple.of(1, which.map(OpsStep.DeleteByHand::new)),
                        Tuple.of(1, Arbitraries.of(700, 800).map(OpsStep.RingByHand::new)),
                        Tuple.of(1, which.map(OpsStep.RenewGuest::new)))
                .list()
                .ofMinSize(2)
                .ofMaxSize(7);
    }

    /** Files with up to three leases and settings of the NIC, in YAML. Some contradict themselves. */
    private static Arbitrary<String> files() {
        Arbitrary<Map<String, String>> leases = Combinators.combine(
                        Arbitraries.subsetOf(NAMES), lease().list().ofSize(NAMES.size()))
                .as((names, each) -> {
                    Map<String, String> map = new TreeMap<>();
                    names.forEach(name -> map.put(name, each.get(NAMES.indexOf(name))));
                    return map;
                });
        return Combinators.combine(leases, nic()).as((map, nic) -> {
            StringBuilder text = new StringBuilder(nic.isEmpty() ? "" : "nics: {qnic0: {" + nic + "}}\n");
            text.append(map.isEmpty() ? "leases: {}\n" : "leases:\n");
            map.forEach((name, fields) -> text.append("  ")
                    .append(name)
                    .append(": {nic: qnic0, ")
                    .append(fields)
                    .append("}\n"));
            return text.toString();
        });
    }

    private static Arbitrary<String> nic() {
        Arbitrary<String> setting = Arbitraries.of(
                "combined: 3",
                "combined: 5",
                "combined: 6",
                "rx-ring: 256",
                "rx-ring: 1024",
                "tcp-data-split: on",
                "tcp-data-split: off",
                "hds-thresh: 0");
        return Arbitraries.frequencyOf(
                Tuple.of(2, Arbitraries.just("")),
                Tuple.of(
                        1,
                        setting.list()
                                .uniqueElements(text -> text.substring(0, text.indexOf(':')))
                                .ofMinSize(1)
                                .ofMaxSize(3)
                                .map(settings -> String.join(", ", settings))));
    }

    private static Arbitrary<String> lease() {
        Arbitrary<Integer> slot = Arbitraries.integers().between(0, GUESTS - 1);
        Arbitrary<String> queues = Arbitraries.of("", "queues: 1", "queues: 2", "queues: [3]", "queues: [1, 2]");
        Arbitrary<String> mode = Arbitraries.of("", "mode: l3");
        Arbitrary<String> carrying = Combinators.combine(
                        slot,
                        Arbitraries.of("", "redirect: forward", "redirect: bpf", "redirect: none"),
                        Arbitraries.of("", "ports: [443]", "ports: [80, 8080]"),
                        Arbitraries.of("", "", "rx-ring: 128"),
                        Arbitraries.of("", "", "routes: [198.18.0.0/15]"),
                        Arbitraries.of("", "", "guest: eth0"),
                        Arbitraries.of(true, false))
                .as((number, redirect, ports, ring, routes, guest, both) -> joined(
                        "netns: " + GUEST + number,
                        "addresses: [198.18." + number + ".2/24"
                                + (both && routes.isEmpty() ? ", \"2001:db8:2:" + number + "::2/64\"]" : "]"),
                        redirect,
                        ports,
                        ring,
                        routes,
                        guest));
        Arbitrary<String> bare =
                slot.map(number -> joined("netns: " + GUEST + number, "redirect: none", "guest: nk" + number));
        Arbitrary<String> single = slot.map(number -> joined("netns: " + GUEST + number, "single: true"));
        Arbitrary<String> kinds =
                Arbitraries.frequencyOf(Tuple.of(6, carrying), Tuple.of(1, bare), Tuple.of(1, single));
        return Combinators.combine(kinds, queues, mode)
                .as((fields, number, layer) -> joined(fields, number, fields.contains("single") ? "" : layer));
    }

    private static String joined(String... fields) {
        List<String> given = new ArrayList<>(List.of(fields));
        given.removeIf(String::isEmpty);
        return String.join(", ", given);
    }
}
