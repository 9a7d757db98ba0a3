package dev.qlease.cli;

import dev.qlease.ethtool.Channels;
import dev.qlease.ethtool.DriverInfo;
import dev.qlease.ethtool.Ethtool;
import dev.qlease.ethtool.Features;
import dev.qlease.ethtool.Rings;
import dev.qlease.ethtool.TcpDataSplit;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.DmaBufBinding;
import dev.qlease.netdev.Queue;
import dev.qlease.netdev.QueueId;
import dev.qlease.netdev.QueueType;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkXdp;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the device must have, whose queues are to be leased. */
final class DeviceChecks {
    private static final String NULL_DEVICE = "/dev/null";
    private static final int O_RDONLY = 0;
    private static final String ANOTHER = "take another device";

    private final Target target;
    private final Link link;

    DeviceChecks(Target target, Link link) {
        this.target = target;
        this.link = link;
    }

    List<Finding> run() {
        Ethtool ethtool = target.ethtool();
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
                binding("device memory tx", null).asNeeded(),
                binding("device memory rx", QueueId.rx(0)).asNeeded());
    }

    private String ip(String arguments) {
        return "ip link " + arguments.replace("$", link.ifname());
    }

    private String ethtool(String arguments) {
        return "ethtool " + arguments.replace("$", link.ifname());
    }

    /** What is to be said of the answer, or of there being none. */
    private static <T> Finding told(String check, Supplier<T> ask, Function<T, Finding> judge) {
        try {
            return judge.apply(ask.get());
        } catch (UnsupportedException e) {
            return Finding.of(check, false, "the driver does not have it", ANOTHER);
        } catch (LinuxException e) {
            return Finding.unknown(check, e);
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
                queues + " receive queues of up to " + most + "; one stays for all other traffic",
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
            return Finding.yes(check, "the driver has none");
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
                possible ? ethtool("-K $ ntuple on") : "steer with RSS, or take another device");
    }

    private Finding xdp() {
        boolean attached = link.xdp()
                .flatMap(LinkXdp::attached)
                .filter(where -> where.number() != 0)
                .isPresent();
        return Finding.of(
                "no XDP program",
                !attached,
                attached ? "one is attached, which keeps device memory out" : "none attached",
                ip("set $ xdp off"));
    }

    private Finding leases(List<Queue> queues) {
        long all = queues.stream()
                .filter(queue -> queue.type().equals(QueueType.RX))
                .count();
        long leased = queues.stream().filter(queue -> queue.lease().isPresent()).count();
        return Finding.yes("leases", leased + " of " + all + " receive queues are leased");
    }

    /**
     * Asks to bind what is no dma-buf, which cannot succeed: a device that could bind one gets as far as looking at it and
     * says EINVAL, others say before that they cannot.
     */
    private Finding binding(String check, @Nullable QueueId queue) {
        try (FileDescriptor noDmaBuf = FileDescriptor.open(Path.of(NULL_DEVICE), O_RDONLY);
                DmaBufBinding binding = queue == null
                        ? DmaBufBinding.tx(target.namespace(), link.ifindex(), noDmaBuf)
                        : DmaBufBinding.rx(
                                target.namespace(), link.ifindex(), noDmaBuf, List.of(queue), OptionalInt.empty())) {
            return Finding.unknown(check, "the kernel bound " + NULL_DEVICE + " as " + binding);
        } catch (UnsupportedException e) {
            return Finding.missing(check, e, "take a device whose driver can");
        } catch (LinuxException e) {
            return e.is(Errno.EINVAL)
                    ? Finding.yes(check, "as far as can be told without a dma-buf")
                    : Finding.unknown(check, e);
        }
    }
}
