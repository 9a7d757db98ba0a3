package dev.qlease.cli.doctor;

import dev.qlease.bpf.KernelTypes;
import dev.qlease.cli.args.Target;
import dev.qlease.linux.Errno;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.NetdevFeature;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Checks of the kernel: operations of its netdev family, and netkit. */
final class KernelChecks {
    private static final String NETKIT = "netkit";
    private static final Set<NetdevFeature> NEEDED =
            Set.of(NetdevFeature.QUEUE_GET, NetdevFeature.QUEUE_LEASE, NetdevFeature.BIND_RX, NetdevFeature.BIND_TX);

    private final Target target;
    private final Permissions permissions;

    KernelChecks(Target target, Permissions permissions) {
        this.target = target;
        this.permissions = permissions;
    }

    List<Finding> run() {
        List<Finding> findings = new ArrayList<>();
        for (NetdevFeature feature : NetdevFeature.values()) {
            Finding finding = netdev(feature);
            findings.add(NEEDED.contains(feature) ? finding.asNeeded() : finding);
        }
        findings.add(netkit().asNeeded());
        findings.add(netkitTx(() -> KernelTypes.ofKernel().hasEnumerator("netmem_tx_mode", "NETMEM_TX_NO_DMA"))
                .asNeeded());
        return findings;
    }

    private Finding netdev(NetdevFeature feature) {
        String check = feature.toString();
        try {
            boolean there = target.netdev().has(feature);
            return Finding.of(
                    check,
                    there,
                    there ? purpose(feature) : "not in this kernel; for " + purpose(feature),
                    remedy(feature));
        } catch (UnsupportedException e) {
            return permissions.missing(check, e, remedy(feature));
        } catch (LinuxException e) {
            return permissions.unknown(check, e);
        }
    }

    private static String purpose(NetdevFeature feature) {
        return switch (feature) {
            case QUEUE_GET -> "listing queues";
            case NAPI_GET -> "listing NAPI instances";
            case NAPI_SET -> "changing NAPI instances";
            case PAGE_POOL_GET -> "listing page pools";
            case PAGE_POOL_STATS_GET -> "statistics of page pools";
            case QSTATS_GET -> "statistics of queues";
            case BIND_RX -> "receiving into device memory";
            case RX_PAGE_SIZE -> "receiving in pieces larger than a page";
            case BIND_TX -> "sending from device memory";
            case QUEUE_LEASE -> "leasing queues";
        };
    }

    /** The first releases with these operations and attributes, by the history of include/uapi/linux/netdev.h. */
    private static String remedy(NetdevFeature feature) {
        String kernel = "requires Linux "
                + switch (feature) {
                    case QUEUE_GET, NAPI_GET, PAGE_POOL_GET, PAGE_POOL_STATS_GET -> "6.8";
                    case QSTATS_GET -> "6.9";
                    case BIND_RX -> "6.12";
                    case NAPI_SET -> "6.13";
                    case BIND_TX -> "6.16";
                    case QUEUE_LEASE -> "7.1";
                    case RX_PAGE_SIZE -> "7.3";
                };
        return feature == NetdevFeature.PAGE_POOL_STATS_GET ? kernel + " with CONFIG_PAGE_POOL_STATS" : kernel;
    }

    private Finding netkit() {
        try {
            return netkit(target.rtnetlink().links().hasKind(NETKIT));
        } catch (LinuxException e) {
            boolean refused =
                    e.is(Errno.EPERM) || permissions.confined(NETKIT, e).isPresent();
            return refused ? netkitByModules(e) : Finding.unknown(NETKIT, e);
        }
    }

    private static Finding netkit(boolean there) {
        return Finding.of(
                NETKIT,
                there,
                there ? "leasing queues to containers" : "not in this kernel; for leasing queues to containers",
                "requires Linux 6.7 with CONFIG_NETKIT");
    }

    /**
     * Checks whether a guest can send from device memory. The netdev family does not show it, but the kernel's types
     * do: netkit forwards such packets since devices without DMA have a mode of their own in linux/netdevice.h.
     *
     * @param known returns whether the types have that mode
     */
    static Finding netkitTx(BooleanSupplier known) {
        String check = "netkit netmem_tx";
        String purpose = "sending from device memory through a lease";
        try {
            boolean there = known.getAsBoolean();
            return Finding.of(
                    check, there, there ? purpose : "not in this kernel; for " + purpose, "requires Linux 7.2");
        } catch (LinuxException e) {
            return Finding.unknown(check, e);
        }
    }

    /** Checks by the list of modules, built in or not, where the kernel refuses to answer. */
    private Finding netkitByModules(LinuxException refused) {
        try {
            String release = KernelFiles.read(Path.of("/proc/sys/kernel/osrelease"));
            boolean told = false;
            for (String list : List.of("modules.builtin", "modules.dep")) {
                Optional<String> modules = KernelFiles.find(Path.of("/lib/modules", release, list));
                told |= modules.isPresent();
                if (modules.orElse("").contains("/netkit.ko")) {
                    return netkit(true);
                }
            }
            return told ? netkit(false) : permissions.unknown(NETKIT, refused);
        } catch (LinuxException e) {
            return permissions.unknown(NETKIT, refused);
        }
    }
}
