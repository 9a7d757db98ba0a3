package dev.qlease.cli.ops;

import dev.qlease.cli.output.Output;
import dev.qlease.ops.Export;
import dev.qlease.ops.HistoryEntry;
import dev.qlease.ops.Ops;
import dev.qlease.ops.Plan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Prints plans, deviations, exports and the history. */
final class OpsOutput {
    private final Output output;
    private final boolean asJson;

    OpsOutput(Output output, boolean asJson) {
        this.output = output;
        this.asJson = asJson;
    }

    private record PlanJson(List<Plan.Change> changes, List<String> notes) {}

    private record VerifyJson(List<String> deviations) {}

    private record ExportJson(Map<String, Map<String, Object>> leases) {}

    private record DoneJson(String outcome, List<String> notes) {}

    /** Prints changes, and what is left as it is. */
    void plan(Plan plan, List<String> notes) throws IOException {
        if (asJson) {
            output.json(new PlanJson(plan.changes(), notes));
            return;
        }
        if (plan.isEmpty()) {
            output.printLine("nothing to do");
        }
        for (String line : plan.lines()) {
            output.printLine(line);
        }
        notes(notes);
    }

    /** Prints what an apply has changed. */
    void outcome(Ops.Outcome outcome) throws IOException {
        List<String> notes = new ArrayList<>(outcome.plan().notes());
        notes.addAll(outcome.notes());
        plan(outcome.plan(), notes);
    }

    private void notes(List<String> notes) throws IOException {
        for (String note : notes) {
            output.note(note);
        }
    }

    void deviations(List<String> deviations) throws IOException {
        if (asJson) {
            output.json(new VerifyJson(deviations));
            return;
        }
        if (deviations.isEmpty()) {
            output.printLine("all leases are as the files describe them");
        }
        for (String deviation : deviations) {
            output.printLine(deviation);
        }
    }

    void export(Export export) throws IOException {
        if (asJson) {
            output.json(new ExportJson(export.leases()));
        } else {
            output.print(export.yaml());
        }
        notes(export.notes());
    }

    /** Prints that a command has ended. */
    void done(String sentence, List<String> notes) throws IOException {
        if (asJson) {
            output.json(new DoneJson(sentence, notes));
            return;
        }
        output.printLine(sentence);
        notes(notes);
    }

    void history(List<HistoryEntry> entries) throws IOException {
        if (asJson) {
            output.json(entries);
            return;
        }
        for (HistoryEntry entry : entries) {
            output.printLine(
                    entry.when() + " " + entry.command() + " by " + entry.who().text() + ": " + entry.outcome());
            for (String change : entry.changes()) {
                output.printLine("    " + change);
            }
        }
    }
}
