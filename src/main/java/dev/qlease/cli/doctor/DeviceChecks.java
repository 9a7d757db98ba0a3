package dev.qlease.cli.doctor;

import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.Failure;
import dev.qlease.devmem.Device;
import dev.qlease.ethtool.Channels;
import dev.qlease.ethtool.DriverInfo;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.Features;
import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseRefusedException;
import dev.qlease.lease.Leases;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueType;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkXdp;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Checks of the device whose queues are to be leased. */
final class DeviceChecks {
    private static final String ANOTHER = "use another device";
    private static final String CAPABLE = "use a device whose driver supports it";

    private final Target target;
    private final Link link;
    private final Permissions permissions;

    DeviceChecks(Target target, Link link, Permissions permissions) {
        this.target = target;
        this.link = link;
        this.permissions = permissions;
    }

    List<Finding> run() {
        Ethtool ethtool = target.ethtool();
        Device device = Device.of(target.namespace(), link);
        return List.of(
                told("driver", () -> ethtool.driverInfo(link.ifname()), this::driver),
                Finding.of("up", link.isUp(), link.isUp() ? "has queues" : "down, without queues", ip("set $ up"))
                        .asNeeded(),
                told("channels", () -> ethtool.channels(link.ifindex()), this::channels)
                        .asNeeded(),
                told("tcp-data-split", () -> ethtool.rings(link.ifindex()), this::tcpDataSplit)
                        .asNeeded(),
                told("hds-thresh", () -> ethtool.rings(link.ifindex()), this::hdsThresh)
                        .asNeeded(),
                told(Features.NTUPLE, () -> ethtool.features(link.ifindex()), this::ntuple),
                xdp().asNeeded(),
                told("leases", () -> target.netdev().queues(link.ifindex()), this::leases),
                binding(
                                "device memory tx",
                                device::checkTx,
                                link.netkit().isPresent()
                                        ? "netkit requires Linux 7.2 and a leased queue of a device that supports it"
                                        : CAPABLE)
                        .asNeeded(),
                binding("device memory rx", () -> device.checkRx(List.of(0)), CAPABLE)
                        .asNeeded());
    }

    private String ip(String arguments) {
        return "ip link " + arguments.replace("$", link.ifname());
    }

    private String ethtool(String arguments) {
        return "ethtool " + arguments.replace("$", link.ifname());
    }

    /** Returns the finding about the kernel's answer, or about its failure. */
    private <T> Finding told(String check, Supplier<T> ask, Function<T, Finding> judge) {
        try {
            return judge.apply(ask.get());
        } catch (UnsupportedException e) {
            return permissions
                    .confined(check, e)
                    .orElseGet(() -> Finding.of(check, false, "not supported by the driver", ANOTHER));
        } catch (LinuxException e) {
            return permissions.unknown(check, e);
        } catch (LeaseRefusedException e) {
            return Finding.of(check, false, Failure.message(e), "");
        }
    }

    private Finding driver(DriverInfo info) {
        return Finding.yes("driver", info.driver() + (info.busInfo().isEmpty() ? "" : " at " + info.busInfo()));
    }

    private Finding channels(Channels channels) {
        long queues = channels.receiveQueues();
        boolean combined = channels.combinedMax().orElse(0) > 0;
        long most = Math.max(channels.combinedMax().orElse(0), channels.rxMax().orElse(0));
        return Finding.of(
                "channels",
                queues > 1,
                queues + " of at most " + most + " receive queues; one is kept for other traffic",
                most > 1 ? ethtool("-L $ " + (combined ? "combined " : "rx ") + Math.min(most, 4)) : ANOTHER);
    }

    private Finding tcpDataSplit(Rings rings) {
        String check = "tcp-data-split";
        if (rings.tcpDataSplit().isEmpty()) {
            return Finding.of(check, false, "the driver cannot split headers from payload", ANOTHER);
        }
        TcpDataSplit split = rings.tcpDataSplit().get();
        return Finding.of(check, split.equals(TcpDataSplit.ENABLED), split.text(), ethtool("-G $ tcp-data-split on"));
    }

    private Finding hdsThresh(Rings rings) {
        String check = "hds-thresh";
        if (rings.hdsThresh().isEmpty()) {
            return Finding.yes(check, "the driver has no threshold");
        }
        long bytes = rings.hdsThresh().getAsLong();
        return Finding.of(check, bytes == 0, bytes + " bytes", "qlease lease create sets it to 0");
    }

    private Finding ntuple(Features features) {
        boolean active = features.active().contains(Features.NTUPLE);
        boolean possible = features.hw().contains(Features.NTUPLE);
        return Finding.of(
                Features.NTUPLE,
                active,
                active ? "steers flows to queues" : possible ? "off" : "the device cannot steer single flows",
                possible ? ethtool("-K $ ntuple on") : "steer with RSS, or use another device");
    }

    private Finding xdp() {
        boolean attached = link.xdp()
                .flatMap(LinkXdp::attached)
                .filter(where -> where.number() != 0)
                .isPresent();
        return Finding.of(
                "no XDP program",
                !attached,
                attached ? "one is attached, which excludes device memory" : "none attached",
                ip("set $ xdp off"));
    }

    private Finding leases(List<Queue> queues) {
        long all = queues.stream()
                .filter(queue -> queue.type().equals(QueueType.RX))
                .count();
        long leased = queues.stream().filter(queue -> queue.lease().isPresent()).count();
        String count = leased + " of " + all + " receive queues are leased";
        Optional<LeaseInfo> violated = violated();
        return violated.isPresent()
                ? Finding.of(
                        "leases",
                        false,
                        count + "; " + violated.get().name() + " is "
                                + violated.get().status().text() + ": "
                                + String.join("; ", violated.get().problems()),
                        "qlease lease verify " + violated.get().name())
                : Finding.yes("leases", count);
    }

    /** Returns a lease of the device that traffic of others can reach, or whose guard is missing. */
    private Optional<LeaseInfo> violated() {
        try (Leases leases = Leases.open(target.namespace())) {
            return leases.list().stream()
                    .filter(lease ->
                            lease.nicIfindex() == link.ifindex() && lease.status() == LeaseInfo.Status.VIOLATED)
                    .findFirst();
        }
    }

    private Finding binding(String check, Runnable asking, String remedy) {
        try {
            asking.run();
            return Finding.yes(check, "as far as can be checked without a dma-buf");
        } catch (UnsupportedException e) {
            return permissions.missing(check, e, remedy);
        } catch (LinuxException | IllegalStateException e) {
            return permissions.unknown(check, e);
        }
    }
}
