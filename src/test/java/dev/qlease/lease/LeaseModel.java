package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.NicState;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Rtnetlink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Random sequences of what can happen to leases and to the machine that they are made on, and what must hold after each
 * step and at the end of each sequence.
 */
final class LeaseModel implements AutoCloseable {
    private static final int STEPS = 10;
    private static final long GONE_NANOS = 10_000_000_000L;

    /** Routes that come with a link a while after it is up. */
    private static final Pattern OF_LINKS = Pattern.compile("route (fe80|ff00):.*");

    private final Leases leases = Leases.open();
    private final LeaseStore store = new LeaseStore(LeaseStore.ROOT);
    private final ModelNic nic = new ModelNic(() -> store.settings(_ -> {}));
    private final ModelGuests guests = new ModelGuests(nic.rtnetlink());
    private final ModelWorkers workers;
    private final List<String> log = new ArrayList<>();
    private final List<Lease> handles = new ArrayList<>();
    private final List<LeasePlan> plans = new ArrayList<>();
    private final List<String> surroundings = surroundings();
    private final TreeMap<String, Integer> counts = new TreeMap<>();
    private final TreeMap<String, Long> nanos = new TreeMap<>();

    /** What the NIC was after the last step; null while it is elsewhere. */
    private @Nullable NicState last;

    LeaseModel(ModelWorkers workers) {
        this.workers = workers;
    }

    /** What was done in the sequence so far, a line for each step. */
    List<String> log() {
        return List.copyOf(log);
    }

    /** How often each kind of step was taken in all sequences, and how long it took on average. */
    String statistics() {
        return counts.entrySet().stream()
                .map(kind -> "%s %d, %d ms"
                        .formatted(
                                kind.getKey(),
                                kind.getValue(),
                                nanos.getOrDefault(kind.getKey(), 0L) / kind.getValue() / 1_000_000))
                .collect(Collectors.joining("; "));
    }

    /** Runs the sequence that {@code seed} begins. */
    void run(long seed) {
        log.clear();
        // Random alone would begin sequences of successive seeds almost alike.
        Random random = Random.from(new SplittableRandom(seed));
        int steps = 2 + random.nextInt(STEPS);
        last = nic.state();
        for (int i = 0; i < steps; i++) {
            long began = System.nanoTime();
            Optional<String> done = step(random);
            done.ifPresent(what -> {
                note(what, began);
                look();
                assertHolds();
            });
        }
        long began = System.nanoTime();
        end();
        note("end", began);
    }

    private void note(String what, long began) {
        log.add(what);
        String kind = what.replaceAll("[ :].*", "");
        counts.merge(kind, 1, Integer::sum);
        nanos.merge(kind, System.nanoTime() - began, Long::sum);
    }

    /** Reads what the NIC is after a step; nothing while it is elsewhere. */
    private void look() {
        last = nic.place().isAway() ? null : nic.state();
    }

    private Optional<String> step(Random random) {
        int kind = random.nextInt(100);
        if (kind < 22) {
            return Optional.of(create(random, leases));
        } else if (kind < 28) {
            return Optional.of(reserve(random, leases));
        } else if (kind < 42) {
            return delete(random, leases);
        } else if (kind < 50) {
            return crash(random);
        } else if (kind < 54) {
            return close(random);
        } else if (kind < 60) {
            return plan(random);
        } else if (kind < 65) {
            return apply(random);
        } else if (kind < 80) {
            return nic.change(random).map("admin "::concat);
        } else if (kind < 91) {
            return guests.change(random).map("guest "::concat);
        } else if (kind < 97) {
            return place(random);
        } else {
            return workers.step(random, nic.place().name(), this::changing, this::deleteBeside);
        }
    }

    /** Runs what changes the NIC on behalf of a lease, and notes what it has changed. */
    private <T> T changing(Supplier<T> change) {
        NicState before = last;
        try {
            return change.get();
        } finally {
            look();
            if (before != null && last != null) {
                nic.changedByLeases(before, last);
            }
        }
    }

    private String create(Random random, Leases by) {
        int slot = random.nextInt(ModelGuests.SLOTS);
        try (NetworkNamespace netns = ModelGuests.open(slot)) {
            LeaseSpec spec = ModelGuests.spec(netns, nic.place().name(), slot, random);
            String what = "create in " + ModelGuests.name(slot) + " " + spec.queues() + " " + spec.redirect() + " "
                    + spec.addresses() + (spec.single() ? " single" : "");
            return what + ": " + made(() -> by.create(spec), by == leases);
        }
    }

    private String reserve(Random random, Leases by) {
        int slot = random.nextInt(ModelGuests.SLOTS);
        try (NetworkNamespace netns = ModelGuests.open(slot)) {
            LeaseSpec spec = ModelGuests.spec(netns, nic.place().name(), slot, random);
            String what = "reserve for " + ModelGuests.name(slot) + " " + spec.queues() + " of " + spec.count();
            return what + ": " + outcome(() -> by.reserve(spec).name(), Status.RESERVED);
        }
    }

    private String made(Supplier<Lease> making, boolean isClosedLater) {
        return outcome(
                () -> {
                    Lease lease = making.get();
                    if (isClosedLater) {
                        handles.add(lease);
                    }
                    return lease.info().name();
                },
                Status.READY);
    }

    /** What became of making a lease or a reservation: it is there, or nothing was changed. */
    private String outcome(Supplier<String> making, Status intact) {
        NicState before = last;
        List<String> list = names();
        try {
            String name = changing(making);
            LeaseInfo info = leases.find(name).orElseThrow();
            assertThat(info.status()).as("%s", info).isEqualTo(intact);
            return info.name() + " " + info.queues();
        } catch (LeaseException e) {
            assertThat(e.notUndone()).as("%s", e.getMessage()).isEmpty();
            assertUnchanged(before, list, e);
            return e.getMessage();
        } catch (LeaseRefusedException | LinuxException e) {
            assertUnchanged(before, list, e);
            return e.getMessage();
        }
    }

    private void assertUnchanged(@Nullable NicState before, List<String> list, RuntimeException e) {
        assertThat(names()).as("%s", e).isEqualTo(list);
        if (before != null && last != null) {
            assertThat(last.unleased()).as("%s", e).isEqualTo(before.unleased());
        }
    }

    private List<String> names() {
        return store.leases().stream().map(LeaseStore.Stored::name).toList();
    }

    private Set<LeaseId> ids() {
        return store.records().stream().map(LeaseRecord::id).collect(Collectors.toSet());
    }

    private Optional<String> delete(Random random, Leases by) {
        List<String> names = names();
        if (names.isEmpty()) {
            return Optional.empty();
        }
        String name = names.get(random.nextInt(names.size()));
        return Optional.of("delete " + name + ": " + deleted(name, by));
    }

    /** Another process may delete the same at the same time, or make another of this name. */
    private String deleteBeside() {
        List<String> names = names();
        try {
            return names.isEmpty() ? "nothing" : "delete " + names.getLast() + " " + leases.delete(names.getLast());
        } catch (LeaseRefusedException e) {
            assertThat(e.reason()).isEqualTo(LeaseRefusedException.Reason.NOT_FOUND);
            return String.valueOf(e.getMessage());
        }
    }

    /** While the NIC is elsewhere a deletion may fail; it is tried again later. */
    private String deleted(String name, Leases by) {
        try {
            String notes = String.valueOf(changing(() -> by.delete(name)));
            assertThat(names()).doesNotContain(name);
            return notes;
        } catch (LeaseException e) {
            assertThat(nic.place().isAway()).as("%s", e.getMessage()).isTrue();
            assertThat(e.notUndone()).isNotEmpty();
            assertThat(names()).contains(name);
            return e.getMessage();
        }
    }

    private Optional<String> crash(Random random) {
        try (Leases dying = CrashingStore.leases(random.nextInt(20))) {
            return switch (random.nextInt(4)) {
                case 0 -> delete(random, dying).map("survived "::concat);
                case 1 -> Optional.of("survived " + reserve(random, dying));
                default -> Optional.of("survived " + create(random, dying));
            };
        } catch (CrashingStore.Crash e) {
            return Optional.of("crash " + e.getMessage());
        }
    }

    private Optional<String> close(Random random) {
        if (handles.isEmpty()) {
            return Optional.empty();
        }
        Lease lease = handles.get(random.nextInt(handles.size()));
        String name = lease.info().name();
        Set<LeaseId> others = ids();
        others.removeIf(id -> id.text().equals(lease.info().id()));
        try {
            changing(() -> {
                lease.close();
                return name;
            });
            assertThat(ids()).isEqualTo(others);
            return Optional.of("close " + name);
        } catch (LeaseException e) {
            assertThat(nic.place().isAway()).as("%s", e.getMessage()).isTrue();
            return Optional.of("close " + name + ": " + e.getMessage());
        }
    }

    private Optional<String> plan(Random random) {
        int slot = random.nextInt(ModelGuests.SLOTS);
        NicState before = last;
        NetworkNamespace netns = ModelGuests.open(slot);
        try {
            LeasePlan plan = leases.plan(ModelGuests.spec(netns, nic.place().name(), slot, random));
            plans.add(plan);
            return Optional.of("plan " + plan.name() + " in " + ModelGuests.name(slot));
        } catch (LeaseRefusedException | LinuxException e) {
            netns.close();
            return Optional.of("plan: " + e.getMessage());
        } finally {
            look();
            if (before != null && last != null) {
                assertThat(last.unleased()).as("after a plan").isEqualTo(before.unleased());
            }
        }
    }

    private Optional<String> apply(Random random) {
        if (plans.isEmpty()) {
            return Optional.empty();
        }
        LeasePlan plan = plans.get(random.nextInt(plans.size()));
        return Optional.of("apply " + plan.name() + ": " + made(plan::apply, true));
    }

    private Optional<String> place(Random random) {
        ModelNicPlace place = nic.place();
        if (place.isAway()) {
            place.moveBack();
            return Optional.of("return of the NIC");
        }
        switch (random.nextInt(5)) {
            case 0, 1 -> {
                String name = place.name().equals(ModelNicPlace.NAME) ? "lan0" : ModelNicPlace.NAME;
                place.rename(name);
                return Optional.of("rename the NIC to " + name);
            }
            case 2, 3 -> {
                boolean isNumberTaken = random.nextBoolean();
                place.moveAway(isNumberTaken);
                return Optional.of("move the NIC away" + (isNumberTaken ? ", where its number is taken" : ""));
            }
            default -> {
                nic.replug();
                return Optional.of("replug the NIC");
            }
        }
    }

    /** What holds at any time: a lease that others' traffic reaches is not ready. */
    private void assertHolds() {
        if (last == null) {
            return;
        }
        Set<Integer> foreign = nic.foreign(last);
        for (LeaseInfo info : leases.list()) {
            Set<Integer> reached = info.queues().stream().map(LeasedQueue::nic).collect(Collectors.toSet());
            reached.retainAll(foreign);
            if (info.status() == Status.READY || info.status() == Status.RESERVED) {
                assertThat(reached)
                        .as("queues of %s that others' traffic reaches", info)
                        .isEmpty();
            } else {
                assertThat(info.problems()).as("%s", info).isNotEmpty();
            }
        }
    }

    /** Deletes all leases, and checks that the machine is what it is without any. */
    private void end() {
        plans.forEach(plan -> plan.spec().netns().close());
        plans.clear();
        nic.place().reset();
        look();
        for (String name : names()) {
            log.add("at last delete " + name + ": " + deleted(name, leases));
        }
        handles.forEach(Lease::close);
        handles.clear();
        awaitFreeQueues();
        nic.assertIsAdministrators();
        guests.assertStrangersAreThere();
        nic.reset();
        assertThat(surroundings()).as("around the NIC").isEqualTo(surroundings);
    }

    private void awaitFreeQueues() {
        long deadline = System.nanoTime() + GONE_NANOS;
        while (!nic.state().leased().isEmpty()) {
            assertThat(System.nanoTime())
                    .as(
                            "queues %s are leased, and there is no lease",
                            nic.state().leased())
                    .isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** What else a lease leaves its traces in: links, routes, rules of the host's files, pins, records. */
    private static List<String> surroundings() {
        Set<String> lines = new HashSet<>();
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            rtnetlink.links().list().stream().map(Link::ifname).forEach(lines::add);
            rtnetlink.routes().list().stream()
                    .map(route -> "route " + route.dst().map(Object::toString).orElse("default") + " " + route.type())
                    .filter(line -> !OF_LINKS.matcher(line).matches())
                    .forEach(lines::add);
        }
        for (String place : List.of("/sys/fs/bpf", "/run/qlease/leases", "/run/qlease/settings")) {
            try (Stream<Path> files = Files.exists(Path.of(place)) ? Files.walk(Path.of(place)) : Stream.empty()) {
                files.filter(file -> !Files.isDirectory(file))
                        .map(Path::toString)
                        .forEach(lines::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return lines.stream().sorted().toList();
    }

    @Override
    public void close() {
        guests.close();
        nic.close();
        leases.close();
    }
}
