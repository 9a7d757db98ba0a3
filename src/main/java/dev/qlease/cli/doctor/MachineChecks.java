package dev.qlease.cli.doctor;

import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.dmabuf.DmaBufProvider;
import dev.qlease.dmabuf.HugePages;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Checks of the machine and this process: dma-bufs, capabilities, limits. */
final class MachineChecks {
    /** The relevant capabilities, with their numbers in linux/capability.h and their purposes. */
    private enum Capability {
        CAP_NET_ADMIN(
                12,
                true,
                "creating netkit devices, leasing, binding for receiving",
                "suffices for receiving in its network namespaces, not for leasing"),
        CAP_SYS_ADMIN(
                21, true, "entering network namespaces", "suffices for entering its network namespaces, not others"),
        CAP_BPF(39, false, "redirecting with BPF programs", "does not suffice for redirecting with BPF programs"),
        CAP_IPC_LOCK(
                14,
                false,
                "zerocopy of memory beyond the memlock limit",
                "does not suffice for zerocopy of memory beyond the memlock limit");

        private final int bit;
        private final boolean needed;
        private final String purpose;

        /** Its effect in a user namespace other than the initial one. */
        private final String inside;

        Capability(int bit, boolean needed, String purpose, String inside) {
            this.bit = bit;
            this.needed = needed;
            this.purpose = purpose;
            this.inside = inside;
        }
    }

    /** The default since Linux 6.8; each send that waits for its completion takes some of it. */
    private static final long ENOUGH_OPTMEM = 131_072;

    /** Enough for receiving into a few queues. */
    private static final long ENOUGH_HUGE_PAGES = 64;

    private final Path root;
    private final NetworkNamespace namespace;
    private final Permissions permissions;

    /**
     * Creates checks of the machine whose /proc and /sys are below {@code root}.
     *
     * @param namespace the namespace of future sockets, to which some limits apply
     */
    MachineChecks(Path root, NetworkNamespace namespace, Permissions permissions) {
        this.root = root;
        this.namespace = namespace;
        this.permissions = permissions;
    }

    List<Finding> run() {
        List<Finding> findings = new ArrayList<>(dmaBufs());
        findings.add(udmabufLimits());
        findings.addAll(capabilities());
        findings.add(userNamespace().asNeeded());
        findings.add(seccomp());
        findings.add(memlock());
        findings.add(optmemMax());
        findings.add(hugePages());
        return findings;
    }

    /** One provider is enough; if there is none, udmabuf is required, since any machine can have it. */
    private List<Finding> dmaBufs() {
        List<Finding> findings = new ArrayList<>();
        for (DmaBufProvider provider : DmaBufProvider.all()) {
            findings.add(dmaBuf(provider));
        }
        if (findings.stream().noneMatch(finding -> finding.verdict() == Finding.Verdict.YES)) {
            findings.add(findings.removeLast().asNeeded());
        }
        return findings;
    }

    private Finding dmaBuf(DmaBufProvider provider) {
        String check = "dma-buf of " + provider.name();
        try (DmaBuf made = provider.allocate(1)) {
            return Finding.yes(check, "allocated one of " + made.size() + " bytes");
        } catch (LinuxException e) {
            return permissions.missing(check, e, "one of these is enough");
        }
    }

    private Finding udmabufLimits() {
        String check = "udmabuf limits";
        Path parameters = root.resolve("sys/module/udmabuf/parameters");
        try {
            return Finding.yes(
                    check,
                    KernelFiles.read(parameters.resolve("size_limit_mb")) + " MiB (size_limit_mb), "
                            + KernelFiles.read(parameters.resolve("list_limit")) + " pieces (list_limit)");
        } catch (LinuxException e) {
            return Finding.unknown(check, e);
        }
    }

    List<Finding> capabilities() {
        List<Finding> findings = new ArrayList<>();
        for (Capability capability : Capability.values()) {
            Finding finding = capability(capability);
            findings.add(capability.needed ? finding.asNeeded() : finding);
        }
        return findings;
    }

    private Finding capability(Capability capability) {
        String check = capability.name().toLowerCase(Locale.ROOT);
        if (permissions.effective().isEmpty()) {
            return Finding.unknown(
                    check, permissions.failure().isEmpty() ? "no CapEff in /proc/self/status" : permissions.failure());
        }
        boolean held = has(permissions.effective(), capability);
        if (permissions.inOwnUserNamespace()) {
            return Finding.of(
                    check,
                    false,
                    held
                            ? "held in a user namespace of its own, which " + capability.inside
                            : "for " + capability.purpose,
                    Permissions.INITIAL_NAMESPACE);
        }
        return Finding.of(
                check,
                held,
                "for " + capability.purpose,
                has(permissions.bounding(), capability)
                        ? "run as root, or with " + capability.name()
                        : "even root lacks it here: add " + capability.name()
                                + " to the container (--cap-add) or to CapabilityBoundingSet= of the systemd unit");
    }

    private static boolean has(Optional<Long> set, Capability capability) {
        return (set.orElse(-1L) >> capability.bit & 1) != 0;
    }

    Finding userNamespace() {
        String check = "user namespace";
        if (permissions.userNamespace().isEmpty()) {
            return Finding.unknown(check, permissions.failure());
        }
        return permissions.inOwnUserNamespace()
                ? Finding.of(check, false, "not the initial one, which leasing requires", Permissions.INITIAL_NAMESPACE)
                : Finding.yes(check, "the initial one, which leasing requires");
    }

    Finding seccomp() {
        return Finding.of(
                "no seccomp filter",
                !permissions.seccomp(),
                permissions.seccomp() ? "one filters the system calls of this process" : "none",
                Permissions.WITHOUT_FILTER);
    }

    private Finding memlock() {
        String check = "memlock";
        try {
            for (String line :
                    KernelFiles.read(root.resolve("proc/self/limits")).lines().toList()) {
                if (line.startsWith("Max locked memory")) {
                    String soft =
                            line.substring("Max locked memory".length()).strip().split(" +", 2)[0];
                    return Finding.yes(
                            check,
                            soft + (soft.equals("unlimited") ? "" : " bytes")
                                    + "; device memory does not count against it, zerocopy of ordinary memory does");
                }
            }
            return Finding.unknown(check, "no \"Max locked memory\" in /proc/self/limits");
        } catch (LinuxException e) {
            return Finding.unknown(check, e);
        }
    }

    /** The limit is per network namespace since Linux 6.8. */
    Finding optmemMax() {
        String check = "net.core.optmem_max";
        try {
            long bytes = Long.parseLong(KernelFiles.read(namespace, root.resolve("proc/sys/net/core/optmem_max")));
            return Finding.of(
                    check,
                    bytes >= ENOUGH_OPTMEM,
                    bytes + " bytes for pending completions of each socket",
                    "sysctl -w net.core.optmem_max=" + ENOUGH_OPTMEM);
        } catch (LinuxException e) {
            return permissions.unknown(check, e);
        } catch (NumberFormatException e) {
            return Finding.unknown(check, e);
        }
    }

    Finding hugePages() {
        String check = "huge pages";
        try {
            Path pools = root.resolve("sys/kernel/mm/hugepages");
            long size = HugePages.size(pools, root.resolve("proc/meminfo"));
            Optional<HugePages> pool = HugePages.of(pools, size);
            if (pool.isEmpty()) {
                return Finding.of(
                        check,
                        false,
                        "this kernel has none of " + HugePages.text(size) + "; for udmabuf with rx-page-size",
                        "receive in pieces of a page, or into memory of a device");
            }
            return Finding.of(
                    check,
                    pool.get().free() > 0,
                    pool.get().free() + " of " + HugePages.text(size) + " are free; for udmabuf with rx-page-size",
                    pool.get().reserve(ENOUGH_HUGE_PAGES));
        } catch (LinuxException | NumberFormatException e) {
            return Finding.unknown(check, e);
        }
    }
}
