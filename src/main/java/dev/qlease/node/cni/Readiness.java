package dev.qlease.node.cni;

import dev.qlease.bpf.BpfFileException;
import dev.qlease.lease.LeaseRefusedException;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.net.NamespaceSockets;
import dev.qlease.ops.LeaseTemplate;
import dev.qlease.ops.OpsException;

/** The operation STATUS: plans a lease, without a guest, to find out whether the next ADD could succeed. */
final class Readiness {
    private final Parameters parameters;
    private final NetworkConfig config;
    private final NetworkNamespace home;
    private final Leases leases;

    Readiness(Parameters parameters, NetworkConfig config, NetworkNamespace home, Leases leases) {
        this.parameters = parameters;
        this.config = config;
        this.home = home;
        this.leases = leases;
    }

    /** @throws CniException if no container can be added now */
    void run() {
        LeaseTemplate template = config.lease();
        try (NamespaceSockets sockets = NamespaceSockets.of(home)) {
            plan(template, template.nic(sockets).ifname());
        } catch (OpsException e) {
            boolean affected = !leases.ownedBy(owner -> owner.startsWith(Attachment.ofNetwork(config.network())))
                    .isEmpty();
            throw new CniException(
                    affected ? CniCode.LIMITED_CONNECTIVITY : CniCode.NOT_AVAILABLE, String.valueOf(e.getMessage()), e);
        } catch (LeaseRefusedException | LinuxException | BpfFileException e) {
            throw new CniException(CniCode.NOT_AVAILABLE, String.valueOf(e.getMessage()), e);
        }
        IpamPlugin.find(parameters, config, IpamPlugin.TIMEOUT).ifPresent(plugin -> plugin.run(Operation.STATUS));
    }

    /** The guest's addresses come with each container, so that only the queues and the NIC can be checked. */
    private void plan(LeaseTemplate template, String nic) {
        LeaseSpec spec;
        try {
            spec = template.probe(nic, home, Attachment.ofNetwork(config.network()));
        } catch (IllegalArgumentException e) {
            throw new CniException(CniCode.CONFIGURATION, "network configuration: " + e.getMessage(), e);
        }
        leases.plan(spec);
    }
}
