package dev.qlease.cli;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.NetdevFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What the kernel must have: operations of its netdev family, and netkit. */
final class KernelChecks {
    private static final String NETKIT = "netkit";
    private static final Set<NetdevFeature> NEEDED =
            Set.of(NetdevFeature.QUEUE_GET, NetdevFeature.QUEUE_LEASE, NetdevFeature.BIND_RX, NetdevFeature.BIND_TX);

    private KernelChecks() {}

    static List<Finding> run(Target target) {
        List<Finding> findings = new ArrayList<>();
        for (NetdevFeature feature : NetdevFeature.values()) {
            Finding finding = netdev(target, feature);
            findings.add(NEEDED.contains(feature) ? finding.asNeeded() : finding);
        }
        findings.add(netkit(target).asNeeded());
        return findings;
    }

    private static Finding netdev(Target target, NetdevFeature feature) {
        String check = feature.toString();
        try {
            boolean there = target.netdev().has(feature);
            return Finding.of(
                    check,
                    there,
                    there ? purpose(feature) : "not in this kernel, for " + purpose(feature),
                    remedy(feature));
        } catch (UnsupportedException e) {
            return Finding.missing(check, e, remedy(feature));
        } catch (LinuxException e) {
            return Finding.unknown(check, e);
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

    private static String remedy(NetdevFeature feature) {
        String kernel = "it takes Linux "
                + switch (feature) {
                    case QUEUE_GET, NAPI_GET, PAGE_POOL_GET, PAGE_POOL_STATS_GET -> "6.8";
                    case QSTATS_GET -> "6.10";
                    case BIND_RX -> "6.12";
                    case NAPI_SET -> "6.14";
                    case BIND_TX -> "6.16";
                    case QUEUE_LEASE -> "7.1";
                    case RX_PAGE_SIZE -> "7.3";
                };
        return feature == NetdevFeature.PAGE_POOL_STATS_GET ? kernel + " with CONFIG_PAGE_POOL_STATS" : kernel;
    }

    private static Finding netkit(Target target) {
        try {
            return netkit(target.rtnetlink().links().hasKind(NETKIT));
        } catch (LinuxException e) {
            if (!e.is(Errno.EPERM)) {
                return Finding.unknown(NETKIT, e);
            }
            return netkitByModules(e);
        }
    }

    private static Finding netkit(boolean there) {
        return Finding.of(
                NETKIT,
                there,
                there ? "leading queues into containers" : "not in this kernel, for leading queues into containers",
                "it takes a kernel with CONFIG_NETKIT");
    }

    /** Looks whether there is such a module, built in or not, for whoever may not ask the kernel itself. */
    private static Finding netkitByModules(LinuxException refused) {
        try {
            String release = Kernel.read(Path.of("/proc/sys/kernel/osrelease"));
            boolean told = false;
            for (String list : List.of("modules.builtin", "modules.dep")) {
                Path file = Path.of("/lib/modules", release, list);
                if (Files.isReadable(file)) {
                    told = true;
                    if (Files.readString(file).contains("/netkit.ko")) {
                        return netkit(true);
                    }
                }
            }
            return told ? netkit(false) : Finding.unknown(NETKIT, refused);
        } catch (IOException e) {
            return Finding.unknown(NETKIT, e);
        }
    }
}
