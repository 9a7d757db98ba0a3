package dev.qlease.cli.doctor;

import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks everything that leasing queues and moving device memory need, and changes nothing. */
public final class Doctor {
    private static final int MARK_WIDTH = 9;

    private Doctor() {}

    /** Prints a line, or an object, for each check; returns {@link ExitCode#DONE} if all requirements are met. */
    public static ExitCode run(Target target, boolean asJson, Output output) throws IOException {
        Permissions permissions = Permissions.of(Path.of("/proc/self"));
        List<Finding> findings = new ArrayList<>();
        findings.addAll(new KernelChecks(target, permissions).run());
        findings.addAll(new MachineChecks(Path.of("/"), target.namespace(), permissions).run());
        if (target.link().isPresent()) {
            findings.addAll(new DeviceChecks(target, target.link().get(), permissions).run());
        }
        if (asJson) {
            output.json(findings);
        } else {
            print(findings, target.link().isPresent(), output);
        }
        output.flush();
        return findings.stream().anyMatch(Finding::isMissing) ? ExitCode.UNSUPPORTED : ExitCode.DONE;
    }

    private static void print(List<Finding> findings, boolean withDevice, Output output) throws IOException {
        int width = findings.stream()
                .mapToInt(finding -> finding.check().length())
                .max()
                .orElse(0);
        for (Finding finding : findings) {
            StringBuilder text = new StringBuilder();
            String mark = finding.verdict() + (finding.isMissing() ? "!" : "");
            text.append(mark).repeat(' ', MARK_WIDTH - mark.length());
            text.append(finding.check()).repeat(' ', width - finding.check().length() + 2);
            text.append(finding.detail());
            finding.remedy().ifPresent(remedy -> text.append(": ").append(remedy));
            output.printLine(text.toString());
        }
        long missing = findings.stream().filter(Finding::isMissing).count();
        output.flush();
        if (missing > 0) {
            output.note(missing + (missing == 1 ? " requirement" : " requirements") + ", marked \"!\", "
                    + (missing == 1 ? "is" : "are") + " missing or unknown");
        }
        if (!withDevice) {
            output.note("to check a device, too: qlease doctor DEV");
        }
    }
}
