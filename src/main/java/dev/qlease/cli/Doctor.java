package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Looks at everything that leasing queues and moving device memory need, and changes nothing. */
final class Doctor {
    private static final int MARK_WIDTH = 9;

    private Doctor() {}

    /** Prints a line, or an object, for each thing: {@link ExitCode#DONE} if all that is needed is there. */
    static ExitCode run(Target target, boolean asJson, Output output) throws IOException {
        List<Finding> findings = new ArrayList<>();
        findings.addAll(KernelChecks.run(target));
        findings.addAll(MachineChecks.run());
        if (target.link().isPresent()) {
            findings.addAll(new DeviceChecks(target, target.link().get()).run());
        }
        if (asJson) {
            printJson(findings, output);
        } else {
            print(findings, target.link().isPresent(), output);
        }
        output.flush();
        return findings.stream().anyMatch(Finding::isMissing) ? ExitCode.UNSUPPORTED : ExitCode.DONE;
    }

    private static void printJson(List<Finding> findings, Output output) throws IOException {
        try (JsonGenerator json = output.json()) {
            json.writeStartArray();
            for (Finding finding : findings) {
                json.writeStartObject();
                json.writeStringField("check", finding.check());
                json.writeStringField("verdict", finding.verdict().toString());
                json.writeBooleanField("needed", finding.needed());
                json.writeStringField("detail", finding.detail());
                if (finding.remedy().isPresent()) {
                    json.writeStringField("remedy", finding.remedy().get());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        output.print("\n");
    }

    private static void print(List<Finding> findings, boolean withDevice, Output output) throws IOException {
        int width = findings.stream()
                .mapToInt(finding -> finding.check().length())
                .max()
                .orElse(0);
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings) {
            String mark = finding.verdict() + (finding.isMissing() ? "!" : "");
            text.append(mark).repeat(' ', MARK_WIDTH - mark.length());
            text.append(finding.check()).repeat(' ', width - finding.check().length() + 2);
            text.append(finding.detail());
            finding.remedy().ifPresent(remedy -> text.append(": ").append(remedy));
            text.append('\n');
        }
        output.print(text.toString());
        long missing = findings.stream().filter(Finding::isMissing).count();
        output.flush();
        if (missing > 0) {
            output.note(missing + " of the things that are needed, marked \"!\", " + (missing == 1 ? "is" : "are")
                    + " missing or unclear");
        }
        if (!withDevice) {
            output.note("name a device to have it looked at, too: qlease doctor DEV");
        }
    }
}
