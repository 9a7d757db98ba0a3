package dev.qlease.lease;

import dev.qlease.linux.Errno;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.KernelText;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The sysctls of the host's end of a pair. The host trusts nothing that the guest sends: it accepts no router
 * advertisement, no redirect and no foreign source address, and configures no address by itself. The guard programs
 * drop all of this already; the stack ignores it as well.
 */
final class HostEnd {
    private static final Path IPV4 = Path.of("/proc/sys/net/ipv4/conf");
    private static final Path IPV6 = Path.of("/proc/sys/net/ipv6/conf");

    private static final Map<String, String> IPV4_SETTINGS = Map.ofEntries(
            Map.entry("rp_filter", "1"),
            Map.entry("accept_redirects", "0"),
            Map.entry("secure_redirects", "0"),
            Map.entry("send_redirects", "0"),
            Map.entry("accept_source_route", "0"),
            Map.entry("accept_local", "0"),
            Map.entry("route_localnet", "0"),
            Map.entry("arp_ignore", "1"),
            Map.entry("arp_accept", "0"),
            Map.entry("arp_announce", "2"),
            Map.entry("proxy_arp", "0"),
            Map.entry("proxy_arp_pvlan", "0"),
            Map.entry("bc_forwarding", "0"),
            Map.entry("bootp_relay", "0"));

    private static final Map<String, String> IPV6_SETTINGS = Map.ofEntries(
            Map.entry("accept_ra", "0"),
            Map.entry("autoconf", "0"),
            Map.entry("accept_redirects", "0"),
            Map.entry("accept_source_route", "-1"),
            Map.entry("accept_untracked_na", "0"),
            Map.entry("addr_gen_mode", "1"),
            Map.entry("proxy_ndp", "0"),
            Map.entry("seg6_enabled", "0"),
            Map.entry("ioam6_enabled", "0"),
            Map.entry("rpl_seg_enabled", "0"),
            Map.entry("suppress_frag_ndisc", "1"),
            Map.entry("use_tempaddr", "0"));

    private HostEnd() {}

    /** Returns the step that sets them, while the host's end is still down. */
    static Step step(LeaseSpec spec, String name) {
        return Step.Change.passing(
                "host's end",
                "not there yet",
                "take no router advertisements, redirects, foreign sources or addresses from the guest",
                "goes with the guest's device",
                made -> made.home().run(() -> {
                    write(IPV4.resolve(KernelText.path(name)), ipv4(spec));
                    write(IPV6.resolve(KernelText.path(name)), ipv6(spec));
                    return true;
                }));
    }

    private static Map<String, String> ipv4(LeaseSpec spec) {
        Map<String, String> settings = new LinkedHashMap<>(IPV4_SETTINGS);
        boolean used =
                spec.addresses().stream().anyMatch(prefix -> !prefix.address().isIpv6());
        settings.put("forwarding", used && spec.redirect() == Redirect.FORWARD ? "1" : "0");
        return settings;
    }

    private static Map<String, String> ipv6(LeaseSpec spec) {
        Map<String, String> settings = new LinkedHashMap<>(IPV6_SETTINGS);
        boolean used =
                spec.addresses().stream().anyMatch(prefix -> prefix.address().isIpv6());
        settings.put("force_forwarding", used && spec.redirect() == Redirect.FORWARD ? "1" : "0");
        settings.put("disable_ipv6", used ? "0" : "1");
        return settings;
    }

    /** Not every kernel has a file for each. */
    private static void write(Path directory, Map<String, String> settings) {
        settings.forEach((file, value) -> {
            try {
                KernelFiles.write(directory.resolve(file), value);
            } catch (LinuxException e) {
                if (!e.is(Errno.ENOENT)) {
                    throw e;
                }
            }
        });
    }
}
