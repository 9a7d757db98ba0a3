package dev.qlease.rtnetlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.ffi.uapi.ifinfomsg;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.Request;
import dev.qlease.rtnetlink.LinkAttributes.InfoSet;
import dev.qlease.rtnetlink.LinkAttributes.LinkSet;
import dev.qlease.rtnetlink.LinkAttributes.VethSet;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The specification of a link to create or change, or of the peer of a new link. Immutable; each method returns a copy
 * with one more setting. Settings that are not specified are left unchanged, or are chosen by the kernel.
 *
 * {@snippet :
 * Link nk = rtnl.links().create(LinkSpec.named("nk0")
 *         .netkit(NetkitSpec.pair(LinkSpec.named("eth0").netns(guest).numRxQueues(2)).mode(NetkitMode.L2))
 *         .up());
 * rtnl.links().change(nk.ifindex(), LinkSpec.empty().mtu(9000));
 * }
 *
 * <p>Namespaces remain owned by the caller; they must be open while the specification is used.
 */
public final class LinkSpec {
    private static final LinkSpec EMPTY = new LinkSpec(Settings.NONE, 0, 0, null);

    /** Its kind, and the netkit settings or the peer, if it has them. */
    private record Kind(
            String name,
            @Nullable NetkitSpec netkit,
            @Nullable LinkSpec vethPeer) {}

    private final Settings settings;
    private final int flags;
    private final int change;
    private final @Nullable Kind kind;

    private LinkSpec(Settings settings, int flags, int change, @Nullable Kind kind) {
        this.settings = settings;
        this.flags = flags;
        this.change = change;
        this.kind = kind;
    }

    /** Returns an empty specification: for changes, and for links whose name the kernel chooses. */
    public static LinkSpec empty() {
        return EMPTY;
    }

    /** Returns the specification of a link with this name; as a change, sets the name. */
    public static LinkSpec named(String ifname) {
        return EMPTY.with(LinkSet.IFNAME, ifname);
    }

    private LinkSpec with(Attribute attribute, Object value) {
        return new LinkSpec(settings.with(attribute, value), flags, change, kind);
    }

    private LinkSpec flag(int flag, boolean set) {
        return new LinkSpec(settings, set ? flags | flag : flags & ~flag, change | flag, kind);
    }

    private LinkSpec kind(Kind newKind) {
        return new LinkSpec(settings, flags, change, newKind);
    }

    /** Makes it a netkit device. In a change, only the policies may be set. */
    public LinkSpec netkit(NetkitSpec netkit) {
        return kind(new Kind(LinkKind.Netkit.KIND, netkit, null));
    }

    /** Makes it one end of a pair of virtual Ethernet devices, {@code peer} the other. For creation only. */
    public LinkSpec veth(LinkSpec peer) {
        return kind(new Kind(LinkKind.Veth.KIND, null, peer.asPeer()));
    }

    /** Makes it a dummy device, which drops all packets. For creation only. */
    public LinkSpec dummy() {
        return kind(LinkKind.Dummy.KIND);
    }

    /** Sets a kind without settings of its own, such as {@code bridge} or {@code ifb}. For creation only. */
    public LinkSpec kind(String name) {
        return kind(new Kind(name, null, null));
    }

    /** Sets the link up. Not for peers, which the kernel creates down. */
    public LinkSpec up() {
        return flag(Uapi.IFF_UP(), true);
    }

    /** Sets the link down. */
    public LinkSpec down() {
        return flag(Uapi.IFF_UP(), false);
    }

    /** Sets whether it receives packets addressed to others. */
    public LinkSpec promisc(boolean on) {
        return flag(Uapi.IFF_PROMISC(), on);
    }

    /**
     * Sets the namespace; as a change, moves the link. It loses its addresses and routes, and may get another ifindex.
     */
    public LinkSpec netns(NetworkNamespace namespace) {
        return with(LinkSet.NET_NS_FD, namespace);
    }

    /** Sets the MTU in bytes, without the link's header. */
    public LinkSpec mtu(int bytes) {
        return with(LinkSet.MTU, bytes);
    }

    /** Sets the hardware address. A netkit device has one in mode L2 only. */
    public LinkSpec address(HardwareAddress address) {
        return with(LinkSet.ADDRESS, address);
    }

    /** Sets the number of packets that queueing disciplines may hold. */
    public LinkSpec txqlen(int packets) {
        return with(LinkSet.TXQLEN, packets);
    }

    /** Sets the group; 0 is the default. */
    public LinkSpec group(int number) {
        return with(LinkSet.GROUP, number);
    }

    /** Sets the link {@code ifindex} as the master; 0 for none. */
    public LinkSpec master(int ifindex) {
        return with(LinkSet.MASTER, ifindex);
    }

    /** Sets the link {@code ifindex} as the lower link, as for a VLAN. For creation only. */
    public LinkSpec link(int ifindex) {
        return with(LinkSet.LINK, ifindex);
    }

    /** Sets the id of the namespace of the lower link or peer. For creation only. */
    public LinkSpec linkNetnsid(int netnsid) {
        return with(LinkSet.LINK_NETNSID, netnsid);
    }

    /** Sets the description, of up to 255 bytes. */
    public LinkSpec ifalias(String text) {
        return with(LinkSet.IFALIAS, text);
    }

    /** Sets the number of transmit queues, 1 to 4,096; a netkit device has one. For creation only. */
    public LinkSpec numTxQueues(int queues) {
        return with(LinkSet.NUM_TX_QUEUES, queues);
    }

    /**
     * Sets the number of receive queues, 1 to 4,096; for a netkit device at most 1,024, of which it needs one in
     * addition to those that it leases. For creation only.
     */
    public LinkSpec numRxQueues(int queues) {
        return with(LinkSet.NUM_RX_QUEUES, queues);
    }

    /** Sets the maximum size in bytes of IPv6 packets to be segmented. */
    public LinkSpec gsoMaxSize(int bytes) {
        return with(LinkSet.GSO_MAX_SIZE, bytes);
    }

    /** Sets the maximum size in bytes to which received IPv6 packets are merged. */
    public LinkSpec groMaxSize(int bytes) {
        return with(LinkSet.GRO_MAX_SIZE, bytes);
    }

    /** Returns the name, if set. */
    Optional<String> ifname() {
        return settings.find(LinkSet.IFNAME).map(String.class::cast);
    }

    /** Returns the namespace, if set. */
    Optional<NetworkNamespace> netns() {
        return settings.find(LinkSet.NET_NS_FD).map(NetworkNamespace.class::cast);
    }

    boolean hasKind() {
        return kind != null;
    }

    /**
     * Returns this specification, to be nested in that of the other end.
     *
     * @throws IllegalArgumentException if it has a kind or flags: a peer has the link's kind, and the kernel creates it
     *     down
     */
    LinkSpec asPeer() {
        if (kind != null) {
            throw new IllegalArgumentException("a peer has the link's kind and cannot be given its own: " + title());
        }
        if (change != 0) {
            throw new IllegalArgumentException(
                    "a peer is created down: set " + title() + " up in its namespace after it is created");
        }
        return this;
    }

    /** Returns all namespaces whose descriptors the request contains. */
    List<NetworkNamespace> namespaces() {
        List<NetworkNamespace> all = new ArrayList<>(netns().stream().toList());
        peer().ifPresent(peer -> all.addAll(peer.namespaces()));
        return all;
    }

    private Optional<LinkSpec> peer() {
        if (kind == null) {
            return Optional.empty();
        }
        return kind.netkit == null ? Optional.ofNullable(kind.vethPeer) : kind.netkit.peer();
    }

    /** Fills a struct ifinfomsg with the flags. */
    void writeHeader(MemorySegment header) {
        ifinfomsg.ifi_flags(header, flags);
        ifinfomsg.ifi_change(header, change);
    }

    /** Puts all but the header. */
    void write(Request request) {
        settings.write(request);
        if (kind == null) {
            return;
        }
        request.begin(LinkSet.LINKINFO).put(InfoSet.KIND, kind.name);
        if (kind.netkit != null) {
            request.begin(InfoSet.DATA);
            kind.netkit.write(request);
            request.end();
        } else if (kind.vethPeer != null) {
            request.begin(InfoSet.DATA).begin(VethSet.PEER);
            kind.vethPeer.write(request);
            request.end().end();
        }
        request.end();
    }

    /** Returns text such as {@code nk0 (netkit)}, for error messages. */
    String title() {
        String name = ifname().orElse("without a name");
        return kind == null ? name : name + " (" + kind.name + ")";
    }

    @Override
    public String toString() {
        return title() + " " + settings;
    }
}
