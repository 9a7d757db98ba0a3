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

/**
 * The kernel's ethtool family, and ioctls where the family lacks an operation, in the namespace in which this was
 * opened.
 *
 * <p>Owns its sockets; closing this object closes them. Thread-safe. Every method that makes a request throws {@link
 * UnsupportedException} if the driver does not support it, and {@link NetlinkException} or {@link LinuxException} with
 * the kernel's message if it is refused, ENODEV if there is no such device. Reading requires no privilege; changing
 * requires CAP_NET_ADMIN in the user namespace that owns the network namespace.
 *
 * <p>Every change returns the previous state, read just before the change: it does not include what another program
 * changes in between. Devices are named by ifindex; where an ioctl is needed, by name, as ioctls do.
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

    private Ethtool(NetworkNamespace namespace) {
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
        return open(NetworkNamespace.ofCaller());
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

    /** Returns the rings of the device {@code ifindex}, and whether it splits headers from payload. */
    public Rings rings(int ifindex) {
        return requests.get(RINGS_GET, RingsSet.HEADER, ifindex, Rings::of);
    }

    /**
     * Changes rings. Most drivers restart a device that is up.
     *
     * @return the previous state
     * @throws NetlinkException EINVAL if a number exceeds the device's maximum, or if the change conflicts with a use
     *     of the device: a memory provider needs TCP data split
     */
    public Rings setRings(int ifindex, RingsChange change) {
        Rings before = rings(ifindex);
        change.write(requests.begin(RINGS_SET, RingsSet.HEADER, ifindex)).execute();
        return before;
    }

    /** Returns the channels of the device {@code ifindex}. */
    public Channels channels(int ifindex) {
        return requests.get(CHANNELS_GET, ChannelsSet.HEADER, ifindex, Channels::of);
    }

    /**
     * Changes the number of channels. Most drivers restart a device that is up.
     *
     * @return the previous state
     * @throws NetlinkException EINVAL if a number exceeds the device's maximum, or if a queue to be removed is used by
     *     a lease, a memory provider, an AF_XDP socket or the RSS table
     */
    public Channels setChannels(int ifindex, ChannelsChange change) {
        Channels before = channels(ifindex);
        change.write(requests.begin(CHANNELS_SET, ChannelsSet.HEADER, ifindex)).execute();
        return before;
    }

    /** Returns the features of the device {@code ifindex}. */
    public Features features(int ifindex) {
        return features.get(ifindex);
    }

    /**
     * Switches either all features that {@code change} names, or none.
     *
     * @return the previous state
     * @throws UnsupportedException naming the features that the device cannot switch
     * @throws LinuxException EINVAL naming those that did not change for another reason
     * @throws IllegalArgumentException if the kernel knows no feature of a given name; the message lists the most
     *     similar names
     */
    public Features setFeatures(int ifindex, FeaturesChange change) {
        return features.set(ifindex, change);
    }

    /** Returns how the device {@code ifindex} spreads packets that no flow rule steers. */
    public Rss rss(int ifindex) {
        return contexts.get(ifindex, 0);
    }

    /**
     * Returns how the device {@code ifindex} spreads packets that flow rules steer to {@code context}; 0 is the main
     * context.
     *
     * @throws NetlinkException ENOENT if there is no such context
     */
    public Rss rss(int ifindex, int context) {
        return contexts.get(ifindex, context);
    }

    /**
     * Returns all RSS contexts of the device {@code ifindex}, the main one first; none if it does not spread packets.
     *
     * @throws DumpInterruptedException if they kept changing while they were read
     */
    public List<Rss> rssContexts(int ifindex) {
        return contexts.all(ifindex);
    }

    /** Changes how {@code ifindex} spreads packets that no flow rule steers; {@link #setRss(int, int, RssChange)}. */
    public Rss setRss(int ifindex, RssChange change) {
        return contexts.set(ifindex, 0, change);
    }

    /**
     * Changes how the device {@code ifindex} spreads the packets of {@code context}.
     *
     * @return the previous state
     * @throws LinuxException EINVAL if the table names a queue that does not exist, or if the size of the table or key
     *     is wrong; ENOENT if there is no such context
     */
    public Rss setRss(int ifindex, int context, RssChange change) {
        return contexts.set(ifindex, context, change);
    }

    /**
     * Creates a context to which flow rules can steer. Whatever {@code settings} leaves empty is the driver's default.
     *
     * @return the context, with the number that the kernel chose
     */
    public Rss createRssContext(int ifindex, RssChange settings) {
        return contexts.create(ifindex, settings);
    }

    /**
     * Deletes a context.
     *
     * @return its last state
     * @throws LinuxException EBUSY if a flow rule steers to it, ENOENT if there is none
     */
    public Rss deleteRssContext(int ifindex, int context) {
        return contexts.delete(ifindex, context);
    }

    /**
     * Returns all flow rules of the device with this name, by location.
     *
     * @throws IllegalArgumentException if this is not a valid device name
     */
    public List<FlowRule> flowRules(String ifname) {
        return rules.list(ifname);
    }

    /**
     * Adds a flow rule. Refuses to replace an existing rule, which drivers would do silently; but two programs that add
     * rules at the same time can still replace each other's. Most drivers require the feature {@link Features#NTUPLE}.
     *
     * @return the rule, with its location
     * @throws LinuxException EEXIST if there is a rule at its location or, if it has none, one for exactly the same
     *     packets; EINVAL if there is no such queue or context; ENOSPC if the table is full
     * @throws IllegalArgumentException if this is not a valid device name
     */
    public FlowRule addFlowRule(String ifname, FlowRule rule) {
        return rules.add(ifname, rule);
    }

    /**
     * Deletes the flow rule at {@code location}.
     *
     * @return the deleted rule
     * @throws LinuxException ENOENT, with some drivers EINVAL, if there is none
     * @throws IllegalArgumentException if this is not a valid device name
     */
    public FlowRule deleteFlowRule(String ifname, int location) {
        return rules.delete(ifname, location);
    }

    /**
     * Returns the driver-specific counters of the device with this name, in the driver's order; ethtool -S.
     *
     * @throws UnsupportedException if it has none
     * @throws IllegalArgumentException if this is not a valid device name
     */
    public List<Statistic> statistics(String ifname) {
        return driverStatistics.list(ifname);
    }

    /** Returns the standard counters of the device {@code ifindex}, in all groups that the kernel has. */
    public List<StatisticsGroup> standardStatistics(int ifindex) {
        return standardStatistics.list(ifindex);
    }

    /**
     * Returns the driver of the device with this name, its primary one; ETHTOOL_GDRVINFO, which has no netlink
     * equivalent.
     *
     * @throws IllegalArgumentException if this is not a valid device name
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

    /** Closes the sockets. Idempotent. */
    @Override
    public void close() {
        ioctls.close();
        requests.close();
    }
}
