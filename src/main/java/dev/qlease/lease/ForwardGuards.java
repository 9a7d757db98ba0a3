package dev.qlease.lease;

import dev.qlease.bpf.BpfLink;
import dev.qlease.bpf.BpfMap;
import dev.qlease.bpf.DropReason;
import dev.qlease.bpf.ForwardGuard;
import dev.qlease.bpf.Program;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.NetworkNamespace;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The guard of what a namespace forwards, one for each protocol, shared by all leases of the namespace that forward. It
 * is created before forwarding is enabled for a NIC, and deleted after it is disabled.
 */
final class ForwardGuards {
    private static final String COUNTERS = "counters";
    private static final Path FORWARDING_OF_ALL = Path.of("/proc/sys/net/ipv6/conf/all/forwarding");

    private ForwardGuards() {}

    /** An Internet protocol, with the names of its files. */
    enum Protocol {
        IPV4("devices4", "link4", Setting.IPV4_FORWARDING),
        IPV6("devices6", "link6", Setting.IPV6_FORCE_FORWARDING);

        private final String devices;
        private final String link;
        private final Setting forwarding;

        Protocol(String devices, String link, Setting forwarding) {
            this.devices = devices;
            this.link = link;
            this.forwarding = forwarding;
        }

        /**
         * Returns whether the host forwards for all devices, which for IPv6 applies in addition to the setting of a
         * device; net/ipv6/ip6_output.c.
         */
        boolean isForwardedByAll(NicHandle nic) {
            return this == IPV6
                    && KernelFiles.find(nic.sockets().namespace(), FORWARDING_OF_ALL)
                            .filter(Setting.ON::equals)
                            .isPresent();
        }

        /** Returns the setting that enables forwarding for a NIC. */
        Setting forwarding() {
            return forwarding;
        }
    }

    static PinDirectory directory(long homeCookie) {
        return new PinDirectory("forward-" + homeCookie);
    }

    /**
     * Allows packets of the guest of {@code made} to be forwarded only to the NIC and to other guests.
     *
     * @param guardNic whether to allow packets of the NIC to be forwarded only to guests; false if the NIC was already
     *     forwarding for others
     */
    static void admit(Protocol protocol, LeaseInProgress made, NicHandle nic, boolean guardNic) {
        NetworkNamespace home = made.home().namespace();
        PinDirectory directory = directory(home.cookie());
        directory.create();
        try (BpfMap devices = directory.map(protocol.devices, ForwardGuard::devices);
                BpfMap counters = directory.map(COUNTERS, DropReason::counters)) {
            ForwardGuard.addGuest(devices, made.host().ifindex(), nic.ifindex());
            if (guardNic) {
                ForwardGuard.addNic(devices, nic.ifindex());
            }
            Optional<BpfLink> attached = directory.open(protocol.link, BpfLink::openPinned);
            if (attached.isPresent()) {
                attached.get().close();
                return;
            }
            try (Program program = Program.load(ForwardGuard.program(devices, counters));
                    BpfLink link = BpfLink.attachToForwarding(program, protocol == Protocol.IPV6, home)) {
                link.pin(directory.file(protocol.link));
            }
        }
    }

    /** Removes all devices except {@code kept}, and deletes the guard with the last one. */
    static void retain(Protocol protocol, long homeCookie, Set<Integer> kept) {
        PinDirectory directory = directory(homeCookie);
        if (!directory.isThere()) {
            return;
        }
        Optional<BpfMap> pinned = directory.open(protocol.devices, BpfMap::openPinned);
        if (pinned.isPresent()) {
            try (BpfMap devices = pinned.get()) {
                devices.keys().stream()
                        .filter(ifindex -> !kept.contains(ifindex))
                        .forEach(devices::remove);
            }
        }
        if (kept.isEmpty()) {
            directory.unpin(List.of(protocol.link, protocol.devices));
        }
    }

    /** Deletes what the guards of both protocols share, after both are deleted. */
    static void remove(long homeCookie) {
        PinDirectory directory = directory(homeCookie);
        if (directory.isThere()) {
            directory.unpin(List.of(COUNTERS));
            directory.remove();
        }
    }
}
