package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.ChannelsSet;
import dev.qlease.ethtool.EthtoolAttributes.FeaturesSet;
import dev.qlease.ethtool.EthtoolAttributes.HeaderSet;
import dev.qlease.ethtool.EthtoolAttributes.RingsSet;
import dev.qlease.ffi.libc.Libc;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ethtool_drvinfo;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.Files;
import dev.qlease.linux.sys.Sockets;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.GenericFamily;
import dev.qlease.netlink.GenericNetlink;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.Operation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's ethtool family, in the namespace that this was opened in.
 *
 * <p>Owns its sockets, which closing this closes. Safe for use by many threads. Every method that asks the kernel throws
 * {@link UnsupportedException} if the driver does not tell, and {@link NetlinkException} or {@link LinuxException} ENODEV
 * if there is no such device. Reading takes no privilege.
 */
public final class Ethtool implements AutoCloseable {
    private static final String FAMILY = "ethtool";

    private static final Operation RINGS_GET = operation(Uapi.ETHTOOL_MSG_RINGS_GET(), "rings-get", RingsSet.SET);
    private static final Operation CHANNELS_GET =
            operation(Uapi.ETHTOOL_MSG_CHANNELS_GET(), "channels-get", ChannelsSet.SET);
    private static final Operation FEATURES_GET =
            operation(Uapi.ETHTOOL_MSG_FEATURES_GET(), "features-get", FeaturesSet.SET);

    /** Bytes of struct ifreq: a name, then a union whose largest member is struct ifmap. */
    private static final long IFREQ = 40;

    private final GenericNetlink netlink;
    private final GenericFamily family;
    private final FileDescriptor ioctls;

    private Ethtool(@Nullable NetworkNamespace namespace) {
        netlink = namespace == null ? GenericNetlink.open() : GenericNetlink.open(namespace);
        try {
            family = netlink.family(FAMILY);
            Supplier<FileDescriptor> opening = () -> FileDescriptor.owning(
                    LinuxException.check(
                            Sockets.socket(Libc.AF_UNIX(), Libc.SOCK_DGRAM() | Libc.SOCK_CLOEXEC(), 0),
                            "open a socket for ethtool"),
                    "socket for ethtool");
            ioctls = namespace == null ? opening.get() : namespace.run(opening);
        } catch (RuntimeException e) {
            netlink.close();
            throw e;
        }
    }

    private static Operation operation(int command, String name, AttributeSet set) {
        return Operation.generic(command, name, set, set);
    }

    /**
     * Opens the family in the calling thread's namespace.
     *
     * @throws UnsupportedException if the kernel does not have it; it came with Linux 5.6
     */
    public static Ethtool open() {
        return new Ethtool(null);
    }

    /**
     * Opens the family in {@code namespace}.
     *
     * @throws UnsupportedException if the kernel does not have it; it came with Linux 5.6
     * @throws LinuxException EPERM if this process may not enter the namespace
     */
    public static Ethtool open(NetworkNamespace namespace) {
        return new Ethtool(namespace);
    }

    private <T> T get(Operation operation, Nest header, int ifindex, Function<Attributes, T> record) {
        return family.request(netlink.socket(), operation)
                .begin(header)
                .put(HeaderSet.DEV_INDEX, ifindex)
                .end()
                .get(message -> record.apply(message.attributes(operation.reply(), operation.headerSize())));
    }

    /** The rings of the device {@code ifindex}, and whether it splits headers from payload. */
    public Rings rings(int ifindex) {
        return get(RINGS_GET, RingsSet.HEADER, ifindex, Rings::of);
    }

    /** The channels of the device {@code ifindex}. */
    public Channels channels(int ifindex) {
        return get(CHANNELS_GET, ChannelsSet.HEADER, ifindex, Channels::of);
    }

    /** The features of the device {@code ifindex}. */
    public Features features(int ifindex) {
        return get(FEATURES_GET, FeaturesSet.HEADER, ifindex, Features::of);
    }

    /**
     * What drives the device that has this name, its first one; ETHTOOL_GDRVINFO, which netlink does not have.
     *
     * @throws IllegalArgumentException if it is longer than names of devices are
     */
    public DriverInfo driverInfo(String ifname) {
        byte[] name = ifname.getBytes(StandardCharsets.UTF_8);
        if (name.length >= Uapi.IFNAMSIZ()) {
            throw new IllegalArgumentException(
                    "a device's name has less than " + Uapi.IFNAMSIZ() + " bytes: " + ifname);
        }
        int fd = ioctls.use();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = ethtool_drvinfo.allocate(arena);
            ethtool_drvinfo.cmd(info, Uapi.ETHTOOL_GDRVINFO());
            MemorySegment request = arena.allocate(IFREQ, 8);
            MemorySegment.copy(name, 0, request, ValueLayout.JAVA_BYTE, 0, name.length);
            request.set(ValueLayout.ADDRESS, Uapi.IFNAMSIZ(), info);
            LinuxException.check(Files.ioctl(fd, Uapi.SIOCETHTOOL(), request), "ethtool driver info of " + ifname);
            return new DriverInfo(
                    ethtool_drvinfo.driver(info).getString(0),
                    ethtool_drvinfo.version(info).getString(0),
                    ethtool_drvinfo.fw_version(info).getString(0),
                    ethtool_drvinfo.bus_info(info).getString(0));
        } finally {
            ioctls.release();
        }
    }

    /** Closes the sockets. */
    @Override
    public void close() {
        ioctls.close();
        netlink.close();
    }
}
