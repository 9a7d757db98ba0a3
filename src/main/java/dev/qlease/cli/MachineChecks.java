package dev.qlease.cli;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.DmaBufProvider;
import dev.qlease.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What the machine and this process must have: dma-bufs, capabilities, limits. */
final class MachineChecks {
    /** Names of the capabilities that matter, with their numbers of linux/capability.h, and what takes them. */
    private enum Capability {
        CAP_NET_ADMIN(12, true, "making netkit, leasing, binding for receiving"),
        CAP_SYS_ADMIN(21, true, "entering network namespaces"),
        CAP_BPF(39, false, "redirecting with BPF programs"),
        CAP_IPC_LOCK(14, false, "huge pages, and memory beyond the memlock limit");

        private final int bit;
        private final boolean needed;
        private final String purpose;

        Capability(int bit, boolean needed, String purpose) {
            this.bit = bit;
            this.needed = needed;
            this.purpose = purpose;
        }
    }

    /** The inode of the first user namespace; PROC_USER_INIT_INO of linux/proc_ns.h. */
    private static final String INITIAL_USER_NAMESPACE = "user:[4026531837]";

    private static final Path UDMABUF_PARAMETERS = Path.of("/sys/module/udmabuf/parameters");
    private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
    private static final Path OPTMEM_MAX = Path.of("/proc/sys/net/core/optmem_max");

    /** What kernels since 6.7 have by themselves: each send waiting for its completion takes some of it. */
    private static final long ENOUGH_OPTMEM = 131_072;

    private MachineChecks() {}

    static List<Finding> run() {
        List<Finding> findings = new ArrayList<>(dmaBufs());
        findings.add(udmabufLimits());
        findings.addAll(capabilities());
        findings.add(userNamespace().asNeeded());
        findings.add(memlock());
        findings.add(optmemMax());
        findings.add(hugePages());
        return findings;
    }

    /** One of them is enough; if there is none, udmabuf is the one that any machine can have. */
    private static List<Finding> dmaBufs() {
        List<Finding> findings = new ArrayList<>();
        for (DmaBufProvider provider : DmaBufProvider.all()) {
            findings.add(dmaBuf(provider));
        }
        if (findings.stream().noneMatch(finding -> finding.verdict() == Finding.Verdict.YES)) {
            findings.add(findings.removeLast().asNeeded());
        }
        return findings;
    }

    private static Finding dmaBuf(DmaBufProvider provider) {
        String check = "dma-buf of " + provider.name();
        try (DmaBuf made = provider.allocate(1)) {
            return Finding.yes(check, "made one of " + made.size() + " bytes");
        } catch (LinuxException e) {
            return Finding.missing(check, e, "any one of these is enough");
        }
    }

    private static Finding udmabufLimits() {
        String check = "udmabuf limits";
        try {
            return Finding.yes(
                    check,
                    Kernel.read(UDMABUF_PARAMETERS.resolve("size_limit_mb")) + " MiB (size_limit_mb), "
                            + Kernel.read(UDMABUF_PARAMETERS.resolve("list_limit")) + " pieces (list_limit)");
        } catch (IOException e) {
            return Finding.unknown(check, "cannot read " + e.getMessage());
        }
    }

    private static List<Finding> capabilities() {
        List<Finding> findings = new ArrayList<>();
        Optional<Long> effective = Optional.empty();
        String why = "no CapEff in /proc/self/status";
        try {
            effective = Kernel.read(Path.of("/proc/self/status"))
                    .lines()
                    .filter(line -> line.startsWith("CapEff:"))
                    .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                    .findFirst();
        } catch (IOException e) {
            why = e.toString();
        }
        for (Capability capability : Capability.values()) {
            String check = capability.name().toLowerCase(Locale.ROOT);
            Finding finding = effective.isEmpty()
                    ? Finding.unknown(check, why)
                    : Finding.of(
                            check,
                            (effective.get() >> capability.bit & 1) != 0,
                            "for " + capability.purpose,
                            "run as root, or with " + capability.name());
            findings.add(capability.needed ? finding.asNeeded() : finding);
        }
        return findings;
    }

    private static Finding userNamespace() {
        String check = "user namespace";
        try {
            boolean initial = Files.readSymbolicLink(Path.of("/proc/self/ns/user"))
                    .toString()
                    .equals(INITIAL_USER_NAMESPACE);
            return Finding.of(
                    check,
                    initial,
                    initial ? "the initial one, as leasing takes" : "not the initial one, as leasing takes",
                    "run it outside of containers that have a user namespace of their own");
        } catch (IOException e) {
            return Finding.unknown(check, e);
        }
    }

    private static Finding memlock() {
        String check = "memlock";
        try {
            for (String line : Kernel.read(Path.of("/proc/self/limits")).lines().toList()) {
                if (line.startsWith("Max locked memory")) {
                    String soft =
                            line.substring("Max locked memory".length()).strip().split(" +", 2)[0];
                    return Finding.yes(
                            check,
                            soft + (soft.equals("unlimited") ? "" : " bytes")
                                    + "; device memory does not count, copies of ordinary memory for zerocopy do");
                }
            }
            return Finding.unknown(check, "no \"Max locked memory\" in /proc/self/limits");
        } catch (IOException e) {
            return Finding.unknown(check, e);
        }
    }

    private static Finding optmemMax() {
        String check = "net.core.optmem_max";
        try {
            long bytes = Long.parseLong(Kernel.read(OPTMEM_MAX));
            return Finding.of(
                    check,
                    bytes >= ENOUGH_OPTMEM,
                    bytes + " bytes of completions can wait for each socket",
                    "sysctl -w net.core.optmem_max=" + ENOUGH_OPTMEM);
        } catch (IOException | NumberFormatException e) {
            return Finding.unknown(check, e);
        }
    }

    private static Finding hugePages() {
        String check = "huge pages";
        try {
            long free = Long.parseLong(Kernel.read(HUGE_PAGES));
            return Finding.of(
                    check,
                    free > 0,
                    free + " of 2 MiB are free, for udmabuf with rx-page-size",
                    "sysctl -w vm.nr_hugepages=64");
        } catch (IOException | NumberFormatException e) {
            return Finding.unknown(check, "cannot read " + e.getMessage());
        }
    }
}
