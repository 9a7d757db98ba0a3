package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeasePlan;
import dev.qlease.lease.LeasedQueue;
import dev.qlease.lease.Step;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** How leases and plans of leases are shown. */
final class LeaseOutput {
    private final Output output;
    private final boolean asJson;

    LeaseOutput(Output output, boolean asJson) {
        this.output = output;
        this.asJson = asJson;
    }

    /** What a plan would do. */
    void plan(LeasePlan plan) throws IOException {
        if (!asJson) {
            output.print(new Table<Step>()
                    .text("step", Step::name)
                    .text("found", Step::found)
                    .text("change", Step::change)
                    .text("undone by", Step::undo)
                    .format(plan.steps()));
            return;
        }
        try (JsonGenerator json = output.json()) {
            json.writeStartArray();
            for (Step step : plan.steps()) {
                json.writeStartObject();
                json.writeStringField("step", step.name());
                json.writeStringField("found", step.found());
                json.writeStringField("change", step.change());
                json.writeStringField("undo", step.undo());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        output.print("\n");
    }

    /** That a lease was made. */
    void made(LeaseInfo info) throws IOException {
        if (asJson) {
            json(info);
        } else {
            output.print("%s: receive queue %s of %s is queue %s of %s in %s\n"
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

    /** That a lease was deleted. */
    void deleted(LeaseInfo info) throws IOException {
        if (asJson) {
            json(info);
        } else {
            output.print(info.name() + ": deleted\n");
        }
    }

    /** All of one lease. */
    void lease(LeaseInfo info) throws IOException {
        if (asJson) {
            json(info);
            return;
        }
        output.print("""
                lease      %s, %s
                nic        %s (ifindex %d)
                queues     %s
                netns      %s (inode %d)
                guest      %s (ifindex %d there)
                addresses  %s
                redirect   %s
                mode       %s
                created    %s
                """.formatted(
                        info.name(),
                        info.status().text(),
                        info.nic(),
                        info.nicIfindex(),
                        info.queues().stream().map(LeasedQueue::toString).collect(Collectors.joining(", ")),
                        info.netns(),
                        info.netnsInode(),
                        info.guest(),
                        info.guestIfindex(),
                        info.addresses().isEmpty() ? "-" : String.join(", ", info.addresses()),
                        info.redirect().text(),
                        info.mode(),
                        info.created()));
    }

    /** A line for each lease. */
    void leases(List<LeaseInfo> all) throws IOException {
        if (asJson) {
            try (JsonGenerator json = output.json()) {
                json.writeStartArray();
                for (LeaseInfo info : all) {
                    write(json, info);
                }
                json.writeEndArray();
            }
            output.print("\n");
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
                    .text("redirect", info -> info.redirect().text())
                    .text("mode", LeaseInfo::mode)
                    .text("created", info -> info.created().toString())
                    .format(all));
        }
    }

    /** The NIC's queues and what they are at the guest: {@code 3=1,2=2}. */
    private static String queues(LeaseInfo info) {
        return info.queues().stream()
                .map(queue -> queue.nic() + "=" + queue.guest())
                .collect(Collectors.joining(","));
    }

    private void json(LeaseInfo info) throws IOException {
        try (JsonGenerator json = output.json()) {
            write(json, info);
        }
        output.print("\n");
    }

    private static void write(JsonGenerator json, LeaseInfo info) throws IOException {
        json.writeStartObject();
        json.writeStringField("lease", info.name());
        json.writeStringField("status", info.status().text());
        json.writeStringField("nic", info.nic());
        json.writeNumberField("ifindex", info.nicIfindex());
        json.writeArrayFieldStart("queues");
        for (LeasedQueue queue : info.queues()) {
            json.writeStartObject();
            json.writeNumberField("nic", queue.nic());
            json.writeNumberField("guest", queue.guest());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeStringField("netns", info.netns());
        json.writeNumberField("netns-inode", info.netnsInode());
        json.writeStringField("guest", info.guest());
        json.writeNumberField("guest-ifindex", info.guestIfindex());
        json.writeArrayFieldStart("addresses");
        for (String address : info.addresses()) {
            json.writeString(address);
        }
        json.writeEndArray();
        json.writeStringField("redirect", info.redirect().text());
        json.writeStringField("mode", info.mode());
        json.writeStringField("created", info.created().toString());
        json.writeEndObject();
    }
}
