package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.ChannelsSet;
import dev.qlease.ethtool.EthtoolAttributes.RingsSet;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ethtool_drvinfo;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.linux.sys.NativeAccess;
import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.netlink.NetlinkException;
import dev.qlease.netlink.Operation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's ethtool family, and ioctls where that has nothing, in the namespace that this was opened in.
 *
 * <p>Owns its sockets, which closing this closes. Safe for use by many threads. Every method that asks the kernel throws
 * {@link UnsupportedException} if the driver cannot, and {@link NetlinkException} or {@link LinuxException} with the
 * kernel's words where it refuses, ENODEV if there is no such device. Reading takes no privilege; changing takes
 * CAP_NET_ADMIN in the user namespace that owns the network namespace.
 *
 * <p>Every change answers what was before, read just before it: what another program changes in that moment is not in it.
 * Devices are named by index; where it takes an ioctl, by name, since ioctls do.
 */
public final class Ethtool implements AutoCloseable {
    static {
        NativeAccess.require();
    }

    private static final Operation RINGS_GET =
            DeviceRequests.operation(Uapi.ETHTOOL_MSG_RINGS_GET(), "rings-get", RingsSet.SET);
    private static final Operation RINGS_SET =
            DeviceRequests.operation(Uapi.ETHTOOL_MSG_RINGS_SET(), "rings-set", RingsSet.SET);
    private static final Operation CHANNELS_GET =
            DeviceRequests.operation(Uapi.ETHTOOL_MSG_CHANNELS_GET(), "channels-get", ChannelsSet.SET);
    private static final Operation CHANNELS_SET =
            DeviceRequests.operation(Uapi.ETHTOOL_MSG_CHANNELS_SET(), "channels-set", ChannelsSet.SET);

    private final DeviceRequests requests;
    private final Ioctls ioctls;
    private final FeatureSwitches features;
    private final RssContexts contexts;
    private final FlowRules rules;
    private final DriverStatistics driverStatistics;
    private final StandardStatistics standardStatistics;

    private Ethtool(@Nullable NetworkNamespace namespace) {
        requests = new DeviceRequests(namespace);
        try {
            ioctls = new Ioctls(namespace);
        } catch (RuntimeException e) {
            requests.close();
            throw e;
        }
        StringSets strings = new StringSets(requests);
        features = new FeatureSwitches(requests, strings);
        contexts = new RssContexts(requests, ioctls);
        rules = new FlowRules(ioctls);
        driverStatistics = new DriverStatistics(ioctls);
        standardStatistics = new StandardStatistics(requests, strings);
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

    /** The rings of the device {@code ifindex}, and whether it splits headers from payload. */
    public Rings rings(int ifindex) {
        return requests.get(RINGS_GET, RingsSet.HEADER, ifindex, Rings::of);
    }

    /**
     * Changes rings; a device that is up is restarted for it by most drivers.
     *
     * @return what was before
     * @throws NetlinkException EINVAL if a number is more than the device's maximum, or something that is in use needs
     *     them as they are: a memory provider needs TCP data split
     */
    public Rings setRings(int ifindex, RingsChange change) {
        Rings before = rings(ifindex);
        change.write(requests.begin(RINGS_SET, RingsSet.HEADER, ifindex)).execute();
        return before;
    }

    /** The channels of the device {@code ifindex}. */
    public Channels channels(int ifindex) {
        return requests.get(CHANNELS_GET, ChannelsSet.HEADER, ifindex, Channels::of);
    }

    /**
     * Changes how many channels there are; a device that is up is restarted for it by most drivers.
     *
     * @return what was before
     * @throws NetlinkException EINVAL if a number is more than the device's maximum, or a queue that would go is in use: by
     *     a lease, a memory provider, an AF_XDP socket or the RSS table
     */
    public Channels setChannels(int ifindex, ChannelsChange change) {
        Channels before = channels(ifindex);
        change.write(requests.begin(CHANNELS_SET, ChannelsSet.HEADER, ifindex)).execute();
        return before;
    }

    /** The features of the device {@code ifindex}. */
    public Features features(int ifindex) {
        return features.get(ifindex);
    }

    /**
     * Switches features, all that {@code change} names or none.
     *
     * @return what was before
     * @throws UnsupportedException naming the features that the device cannot switch
     * @throws LinuxException EINVAL naming those that stayed as they were for another reason
     * @throws IllegalArgumentException if the kernel has no feature of a name, with the names most like it
     */
    public Features setFeatures(int ifindex, FeaturesChange change) {
        return features.set(ifindex, change);
    }

    /** How the device {@code ifindex} spreads what no flow rule steers. */
    public Rss rss(int ifindex) {
        return contexts.get(ifindex, 0);
    }

    /**
     * How the device {@code ifindex} spreads what flow rules steer to {@code context}; 0 is the main one.
     *
     * @throws NetlinkException ENOENT if it has no such context
     */
    public Rss rss(int ifindex, int context) {
        return contexts.get(ifindex, context);
    }

    /**
     * All RSS contexts of the device {@code ifindex}, the main one first; none if it does not spread.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Rss> rssContexts(int ifindex) {
        return contexts.all(ifindex);
    }

    /** Changes how the device {@code ifindex} spreads what no flow rule steers; {@link #setRss(int, int, RssChange)}. */
    public Rss setRss(int ifindex, RssChange change) {
        return contexts.set(ifindex, 0, change);
    }

    /**
     * Changes how the device {@code ifindex} spreads what {@code context} takes.
     *
     * @return what was before
     * @throws LinuxException EINVAL if the table names a queue that there is not, or its size or the key's does not fit;
     *     ENOENT if the device has no such context
     */
    public Rss setRss(int ifindex, int context, RssChange change) {
        return contexts.set(ifindex, context, change);
    }

    /**
     * Makes a context that flow rules can steer to. What {@code settings} leaves open is the driver's default.
     *
     * @return the context, whose number the kernel chose
     */
    public Rss createRssContext(int ifindex, RssChange settings) {
        return contexts.create(ifindex, settings);
    }

    /**
     * Deletes a context.
     *
     * @return what it was
     * @throws LinuxException EBUSY if a flow rule steers to it, ENOENT if there is none
     */
    public Rss deleteRssContext(int ifindex, int context) {
        return contexts.delete(ifindex, context);
    }

    /**
     * All flow rules of the device that has this name, by location.
     *
     * @throws IllegalArgumentException if no device can have this name
     */
    public List<FlowRule> flowRules(String ifname) {
        return rules.list(ifname);
    }

    /**
     * Adds a flow rule, and replaces none: drivers would, without a word. Two programs that add rules at the same moment
     * can still replace each other's. Most drivers want the feature {@link Features#NTUPLE} on.
     *
     * @return the rule, with the location that it got
     * @throws LinuxException EEXIST if there is a rule at its location or, if it has none, one for just the same packets;
     *     EINVAL if there is no such queue or context; ENOSPC if the table is full
     * @throws IllegalArgumentException if no device can have this name
     */
    public FlowRule addFlowRule(String ifname, FlowRule rule) {
        return rules.add(ifname, rule);
    }

    /**
     * Deletes the flow rule at {@code location}.
     *
     * @return what it was
     * @throws LinuxException ENOENT, with some drivers EINVAL, if there is none
     * @throws IllegalArgumentException if no device can have this name
     */
    public FlowRule deleteFlowRule(String ifname, int location) {
        return rules.delete(ifname, location);
    }

    /**
     * The counters that the driver of the device that has this name has names of its own for, in its order; ethtool -S.
     *
     * @throws UnsupportedException if it has none
     * @throws IllegalArgumentException if no device can have this name
     */
    public List<Statistic> statistics(String ifname) {
        return driverStatistics.list(ifname);
    }

    /** The counters of the device {@code ifindex} that standards define, all groups that the kernel has. */
    public List<StatisticsGroup> standardStatistics(int ifindex) {
        return standardStatistics.list(ifindex);
    }

    /**
     * What drives the device that has this name, its first one; ETHTOOL_GDRVINFO, which netlink does not have.
     *
     * @throws IllegalArgumentException if no device can have this name
     */
    public DriverInfo driverInfo(String ifname) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = ethtool_drvinfo.allocate(arena);
            ethtool_drvinfo.cmd(info, Uapi.ETHTOOL_GDRVINFO());
            ioctls.call(ifname, info, "driver info");
            return new DriverInfo(
                    ethtool_drvinfo.driver(info).getString(0),
                    ethtool_drvinfo.version(info).getString(0),
                    ethtool_drvinfo.fw_version(info).getString(0),
                    ethtool_drvinfo.bus_info(info).getString(0));
        }
    }

    /** Closes the sockets. */
    @Override
    public void close() {
        ioctls.close();
        requests.close();
    }
}
