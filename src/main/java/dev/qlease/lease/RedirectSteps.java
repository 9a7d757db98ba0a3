package dev.qlease.lease;

import dev.qlease.bpf.AttachType;
import dev.qlease.bpf.BpfFileSystem;
import dev.qlease.bpf.BpfLink;
import dev.qlease.bpf.Program;
import dev.qlease.bpf.ProgramSpec;
import dev.qlease.bpf.Redirects;
import dev.qlease.lease.Step.Action;
import dev.qlease.lease.Step.Planned;
import dev.qlease.netlink.IpAddress;
import dev.qlease.rtnetlink.IpPrefix;
import dev.qlease.rtnetlink.Link;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What carries packets between the NIC and the guest. */
final class RedirectSteps {
    private static final String SYSCTL = "/proc/sys/net/";
    private static final String ON = "1";

    private final LeaseSpec spec;
    private final Workbench workbench;
    private final String name;
    private final Link nic;
    private final long inode;
    private final List<Planned> steps = new ArrayList<>();

    /** @param inode the number of the host's namespace, since pins of all namespaces are in one file system */
    RedirectSteps(LeaseSpec spec, Workbench workbench, String name, Link nic, long inode) {
        this.spec = spec;
        this.workbench = workbench;
        this.name = name;
        this.nic = nic;
        this.inode = inode;
    }

    List<Planned> plan() {
        switch (spec.redirect()) {
            case BPF -> programs();
            case FORWARD -> forwarding();
            case NONE -> {}
        }
        return steps;
    }

    private void programs() {
        if (!BpfFileSystem.isMounted()) {
            Step step = new Step(
                    "BPF file system",
                    "not mounted at " + BpfFileSystem.DIRECTORY,
                    "mount it, to hold the programs",
                    "stays mounted");
            steps.add(new Planned(step, null, _ -> BpfFileSystem.mount()));
        }
        List<IpAddress> addresses =
                spec.addresses().stream().map(IpPrefix::address).toList();
        program(
                "BPF to the guest",
                "redirect what comes to " + nic.ifname() + " for the guest",
                "guest",
                bench -> attach(
                        Redirects.toGuest(addresses, bench.host().ifindex()),
                        AttachType.TCX_INGRESS,
                        nic.ifindex(),
                        bench,
                        pin("guest")));
        program(
                "BPF to the NIC",
                "redirect what the guest sends to " + nic.ifname(),
                "nic",
                bench -> attach(
                        Redirects.toNic(nic.ifindex(), addressesOfHost(bench)),
                        AttachType.NETKIT_PEER,
                        bench.host().ifindex(),
                        bench,
                        pin("nic")));
    }

    /** The guest may speak with the host, too. */
    private static List<IpAddress> addressesOfHost(Workbench bench) {
        return bench.rtnetlink().addresses().list().stream()
                .map(address -> address.local().or(address::address))
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }

    private void program(String title, String change, String to, Action action) {
        steps.add(new Planned(new Step(title, "none", change, "detach it"), new Undo.Pin(pin(to).toString()), action));
    }

    /** Names of that file system have no dots, those of devices no percent signs. */
    private Path pin(String to) {
        return BpfFileSystem.DIRECTORY.resolve("qlease-" + inode + "-" + name.replace('.', '%') + "-" + to);
    }

    private static void attach(ProgramSpec program, AttachType type, int ifindex, Workbench bench, Path pin) {
        try (Program loaded = Program.load(program);
                BpfLink link = BpfLink.attach(loaded, type, ifindex, bench.hostNamespace())) {
            link.pin(pin);
        }
    }

    private void forwarding() {
        if (spec.addresses().stream().anyMatch(prefix -> !prefix.address().isIpv6())) {
            String ipv4 = SYSCTL + "ipv4/conf/";
            shared(ipv4 + nic.ifname() + "/forwarding");
            own(ipv4 + name + "/forwarding");
        }
        if (spec.addresses().stream().anyMatch(prefix -> prefix.address().isIpv6())) {
            String ipv6 = SYSCTL + "ipv6/conf/";
            String one = ipv6 + nic.ifname() + "/force_forwarding";
            if (!workbench.sysctl(one).isEmpty()) {
                shared(one);
                own(ipv6 + name + "/force_forwarding");
            } else {
                acceptRouters(ipv6 + nic.ifname() + "/accept_ra");
                shared(ipv6 + "all/forwarding");
            }
        }
    }

    /** A setting of the host that may be on already, and that other leases may need as well. */
    private void shared(String path) {
        String found = workbench.sysctl(path);
        boolean on = found.equals(ON);
        Step step = new Step(path, found, on ? "" : "set " + ON, on ? "" : "set " + found);
        steps.add(new Planned(step, new Undo.Sysctl(path, found), bench -> bench.sysctl(path, ON)));
    }

    /** A setting of the pair's host end, which goes with it. */
    private void own(String path) {
        Step step = new Step(path, "not there yet", "set " + ON, "goes with the guest's device");
        steps.add(new Planned(step, null, bench -> bench.sysctl(path, ON)));
    }

    /** A host that forwards for all does not listen to routers any more, unless told to do that all the same. */
    private void acceptRouters(String path) {
        String found = workbench.sysctl(path);
        if (found.equals(ON)) {
            Step step = new Step(path, found, "set 2, to go on listening to routers", "set " + found);
            steps.add(new Planned(step, new Undo.Sysctl(path, found), bench -> bench.sysctl(path, "2")));
        }
    }
}
