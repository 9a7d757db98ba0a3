package dev.qlease.lease;

import dev.qlease.bpf.BpfFileSystem;
import dev.qlease.lease.LeaseRefusedException.Reason;
import dev.qlease.linux.KernelFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Plans what carries packets between the NIC and the guest, and isolates the guest from the host's other networks. */
final class RedirectSteps {
    private static final String GOES = "goes with the last lease that forwards";

    private final LeaseSpec spec;
    private final LeaseId id;
    private final String name;
    private final NicHandle nic;
    private final NeededSettings needed;
    private final List<Step> steps = new ArrayList<>();

    RedirectSteps(LeaseSpec spec, LeaseId id, String name, NicHandle nic, NeededSettings needed) {
        this.spec = spec;
        this.id = id;
        this.name = name;
        this.nic = nic;
        this.needed = needed;
    }

    List<Step> plan() {
        if (spec.single()) {
            return steps;
        }
        if (spec.addresses().isEmpty()) {
            steps.add(
                    new Step.Satisfied("guard", "the guest has no addresses: all that it sends or is sent is dropped"));
            return steps;
        }
        if (!BpfFileSystem.isMounted() && KernelFiles.hasOwnMounts()) {
            throw new LeaseRefusedException(
                    Reason.UNSUPPORTED,
                    "lease queues of " + nic.name() + ": this process has mounts of its own, without "
                            + BpfFileSystem.DIRECTORY + ", as under ip netns exec, with which"
                            + " the lease's programs would end: run it outside and name the namespace by --netns");
        }
        if (!BpfFileSystem.isMounted()) {
            steps.add(Step.Change.passing(
                    "BPF file system",
                    "not mounted at " + BpfFileSystem.DIRECTORY,
                    "mount it, to hold the programs",
                    "stays mounted",
                    _ -> BpfFileSystem.mount()));
        }
        steps.add(Step.Change.own(
                "guard",
                "none",
                switch (spec.redirect()) {
                    case BPF ->
                        "BPF programs that redirect what is the guest's between " + nic.name() + " and " + name
                                + ", and drop all else";
                    case FORWARD, NONE -> "BPF programs at " + name + " that drop all that is not the guest's";
                },
                new Undo.Programs(),
                made -> GuardPrograms.attach(spec, id, nic, made)));
        if (spec.redirect() != Redirect.BPF) {
            if (spec.addresses().stream().anyMatch(prefix -> !prefix.address().isIpv6())) {
                forward(ForwardGuards.Protocol.IPV4);
            }
            if (spec.addresses().stream().anyMatch(prefix -> prefix.address().isIpv6())) {
                forward(ForwardGuards.Protocol.IPV6);
            }
        }
        return steps;
    }

    private void forward(ForwardGuards.Protocol protocol) {
        if (spec.redirect() == Redirect.NONE) {
            guard(protocol, "the guest is not forwarded to", false);
            return;
        }
        Setting setting = protocol.forwarding();
        if (protocol.isForwardedByAll(nic)) {
            guard(protocol, "this host forwards for all devices", false);
            steps.add(new Step.Satisfied(
                    setting.title(nic.name()), "not needed, since this host forwards for all devices"));
            return;
        }
        String found = setting.read(nic);
        if (found.isEmpty()) {
            throw new LeaseRefusedException(
                    Reason.UNSUPPORTED,
                    "lease queues of " + nic.name() + ": the kernel has no " + setting.title(nic.name())
                            + " (Linux 6.17): redirect bpf does without");
        }
        int before = needed.keys().size();
        Optional<SettingChange> change = needed.need(setting, Setting.ON);
        // If the NIC was already forwarding for others, it continues to do so.
        boolean ours = needed.keys().size() > before;
        guard(protocol, ours ? "none" : nic.name() + " forwards already", ours);
        steps.add(change.<Step>map(it -> Step.Change.shared(
                        setting.title(nic.name()), found, "set " + Setting.ON, "set " + it.before(), List.of(it)))
                .orElseGet(() -> new Step.Satisfied(setting.title(nic.name()), found)));
    }

    private void guard(ForwardGuards.Protocol protocol, String found, boolean guardNic) {
        steps.add(Step.Change.passing(
                "forward guard",
                found,
                "let the guest's packets be forwarded to " + nic.name() + " and to guests alone"
                        + (guardNic ? ", and those of " + nic.name() + " to guests alone" : ""),
                GOES,
                made -> ForwardGuards.admit(protocol, made, nic, guardNic)));
    }
}
