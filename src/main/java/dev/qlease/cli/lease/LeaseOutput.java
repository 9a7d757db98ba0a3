package dev.qlease.cli.lease;

import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Table;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeasePlan;
import dev.qlease.lease.LeasedQueue;
import dev.qlease.lease.Step;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Prints leases and plans of leases. */
public final class LeaseOutput {
    private static final int NAME_WIDTH = 11;

    private final Output output;
    private final boolean asJson;

    public LeaseOutput(Output output, boolean asJson) {
        this.output = output;
        this.asJson = asJson;
    }

    /** Prints the steps of a plan. */
    void plan(LeasePlan plan) throws IOException {
        if (!asJson) {
            output.print(new Table<Step>()
                    .text("step", Step::name)
                    .text("found", Step::found)
                    .text("change", LeaseOutput::change)
                    .text("undone by", LeaseOutput::undone)
                    .format(plan.steps()));
            return;
        }
        output.json(plan.steps().stream().map(StepJson::of).toList());
    }

    private static String change(Step step) {
        return step instanceof Step.Change change ? change.change() : "";
    }

    private static String undone(Step step) {
        return step instanceof Step.Change change ? change.undone() : "";
    }

    /** Prints that a lease was created. */
    public void made(LeaseInfo info) throws IOException {
        if (asJson) {
            json(info);
        } else {
            output.printLine("%s: receive queue %s of %s is queue %s of %s in %s"
                    .formatted(
                            info.name(),
                            numbers(info, LeasedQueue::nic),
                            info.nic(),
                            numbers(info, LeasedQueue::guest),
                            info.guest(),
                            info.netns()));
        }
    }

    private static String numbers(LeaseInfo info, Function<LeasedQueue, Integer> end) {
        return info.queues().stream().map(end).map(Object::toString).collect(Collectors.joining(", "));
    }

    /** Prints that a lease was deleted. */
    public void deleted(LeaseInfo info) throws IOException {
        if (asJson) {
            json(info);
        } else {
            output.printLine(info.name() + ": deleted");
        }
    }

    /** Prints the result of verifying a lease. */
    void verified(LeaseInfo info) throws IOException {
        if (asJson) {
            json(info);
        } else if (info.problems().isEmpty()) {
            output.printLine(info.name() + ": as it was created");
        } else {
            for (String problem : info.problems()) {
                output.printLine(info.name() + ": " + problem);
            }
        }
    }

    /** Prints all properties of a lease. */
    public void lease(LeaseInfo info) throws IOException {
        if (asJson) {
            json(info);
            return;
        }
        line("lease", info.name() + ", " + info.status().text());
        line("id", info.id());
        line("nic", info.nic() + " (ifindex " + info.nicIfindex() + ")");
        if (info.isReservation()) {
            line("queues", numbers(info, LeasedQueue::nic));
        } else {
            line("queues", info.queues().stream().map(LeasedQueue::toString).collect(Collectors.joining(", ")));
            line("netns", info.netns() + " (inode " + info.netnsInode() + ")");
            line("guest", info.guest() + " (ifindex " + info.guestIfindex() + " there)");
            line("addresses", info.addresses().isEmpty() ? "-" : String.join(", ", info.addresses()));
            line("redirect", info.redirect().text());
            line("mode", info.mode());
        }
        line("created", created(info));
        info.owner().ifPresent(owner -> line("owner", owner));
        info.problems().forEach(problem -> line("problem", problem));
        reasons(info).forEach((reason, packets) -> line("dropped", packets + " " + reason));
    }

    /** Returns the reasons for which packets were dropped, with their numbers. */
    private static Map<String, Long> reasons(LeaseInfo info) {
        Map<String, Long> dropped = new TreeMap<>(info.dropped());
        dropped.values().removeIf(packets -> packets == 0);
        return dropped;
    }

    private static String created(LeaseInfo info) {
        return info.created().map(Object::toString).orElse("-");
    }

    private void line(String name, String value) {
        output.printLine(name + " ".repeat(NAME_WIDTH - name.length()) + value);
    }

    /** Prints a table with a line for each lease. */
    public void leases(List<LeaseInfo> all) throws IOException {
        if (asJson) {
            output.json(all.stream().map(LeaseJson::of).toList());
        } else if (all.isEmpty()) {
            output.note("no leases");
        } else {
            output.print(new Table<LeaseInfo>()
                    .text("lease", LeaseInfo::name)
                    .text("status", info -> info.status().text())
                    .text("nic", LeaseInfo::nic)
                    .text("queues", LeaseOutput::queues)
                    .text("netns", LeaseInfo::netns)
                    .text("guest", LeaseInfo::guest)
                    .text("addresses", info -> String.join(",", info.addresses()))
                    .text(
                            "redirect",
                            info -> info.isReservation() ? "" : info.redirect().text())
                    .text("mode", LeaseInfo::mode)
                    .text("owner", info -> info.owner().orElse(""))
                    .text("created", LeaseOutput::created)
                    .text("problems", info -> String.join("; ", info.problems()))
                    .format(all));
        }
    }

    /** Formats the NIC's queues with the guest's that they are leased as, {@code 3=1,2=2}, if there is a guest. */
    private static String queues(LeaseInfo info) {
        return info.queues().stream()
                .map(queue -> queue.nic() + (info.isReservation() ? "" : "=" + queue.guest()))
                .collect(Collectors.joining(","));
    }

    /** The JSON form of a step. */
    private record StepJson(String step, String found, String change, String undo) {
        static StepJson of(Step step) {
            return new StepJson(step.name(), step.found(), LeaseOutput.change(step), undone(step));
        }
    }

    /** The JSON form of a lease. */
    private record LeaseJson(
            String lease,
            String status,
            String nic,
            int ifindex,
            List<LeasedQueue> queues,
            String netns,
            long netnsInode,
            String guest,
            int guestIfindex,
            List<String> addresses,
            String redirect,
            String mode,
            Optional<Instant> created,
            Optional<String> owner,
            String id,
            List<String> problems,
            Map<String, Long> dropped) {
        static LeaseJson of(LeaseInfo info) {
            return new LeaseJson(
                    info.name(),
                    info.status().text(),
                    info.nic(),
                    info.nicIfindex(),
                    info.queues(),
                    info.netns(),
                    info.netnsInode(),
                    info.guest(),
                    info.guestIfindex(),
                    info.addresses(),
                    info.redirect().text(),
                    info.mode(),
                    info.created(),
                    info.owner(),
                    info.id(),
                    info.problems(),
                    reasons(info));
        }
    }

    private void json(LeaseInfo info) throws IOException {
        output.json(LeaseJson.of(info));
    }
}
