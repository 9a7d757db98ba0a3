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
 * What a link is to be: for making one, for changing one, and for the peer of one that is made. Immutable; each method
 * answers a copy with one thing more. What is not said stays as it is, or is what the kernel chooses.
 *
 * {@snippet :
 * Link nk = rtnl.links().create(LinkSpec.named("nk0")
 *         .netkit(NetkitSpec.pair(LinkSpec.named("eth0").netns(guest).numRxQueues(2)).mode(NetkitMode.L2))
 *         .up());
 * rtnl.links().change(nk.ifindex(), LinkSpec.empty().mtu(9000));
 * }
 *
 * <p>A namespace that is named here belongs to the caller, who closes it after the use of this.
 */
public final class LinkSpec {
    private static final LinkSpec EMPTY = new LinkSpec(Settings.NONE, 0, 0, null);

    /** Its kind, and what only this kind has: the one or the other, or nothing. */
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

    /** Says nothing yet: for changes, and for links whose name the kernel chooses. */
    public static LinkSpec empty() {
        return EMPTY;
    }

    /** A link of this name; as a change, its new name. */
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

    /** Is a netkit device. As a change, only the policies may be said. */
    public LinkSpec netkit(NetkitSpec netkit) {
        return kind(new Kind(LinkKind.Netkit.KIND, netkit, null));
    }

    /** Is one end of a pair of virtual Ethernet devices, {@code peer} the other. When it is made only. */
    public LinkSpec veth(LinkSpec peer) {
        return kind(new Kind(LinkKind.Veth.KIND, null, peer.asPeer()));
    }

    /** Is a device that drops what it is given. When it is made only. */
    public LinkSpec dummy() {
        return kind(LinkKind.Dummy.KIND);
    }

    /** Is of a kind that needs no more to be said, such as {@code bridge} or {@code ifb}. When it is made only. */
    public LinkSpec kind(String name) {
        return kind(new Kind(name, null, null));
    }

    /** Is up. Not for peers, which the kernel makes down. */
    public LinkSpec up() {
        return flag(Uapi.IFF_UP(), true);
    }

    /** Is down. */
    public LinkSpec down() {
        return flag(Uapi.IFF_UP(), false);
    }

    /** Receives what is addressed to others, or not. */
    public LinkSpec promisc(boolean on) {
        return flag(Uapi.IFF_PROMISC(), on);
    }

    /** Is in {@code namespace}; as a change, moves there. It loses its addresses and routes, and may get another ifindex. */
    public LinkSpec netns(NetworkNamespace namespace) {
        return with(LinkSet.NET_NS_FD, namespace);
    }

    /** Sends packets of up to {@code bytes}, without the link's header. */
    public LinkSpec mtu(int bytes) {
        return with(LinkSet.MTU, bytes);
    }

    /** Has this hardware address. A netkit device has one in mode L2 only. */
    public LinkSpec address(HardwareAddress address) {
        return with(LinkSet.ADDRESS, address);
    }

    /** Lets queueing disciplines hold so many packets. */
    public LinkSpec txqlen(int packets) {
        return with(LinkSet.TXQLEN, packets);
    }

    /** Is in this group; 0 is the default one. */
    public LinkSpec group(int number) {
        return with(LinkSet.GROUP, number);
    }

    /** Is a port of the link {@code ifindex}; of none, if that is 0. */
    public LinkSpec master(int ifindex) {
        return with(LinkSet.MASTER, ifindex);
    }

    /** Stands on the link {@code ifindex}, as a VLAN does. When it is made only. */
    public LinkSpec link(int ifindex) {
        return with(LinkSet.LINK, ifindex);
    }

    /** The link it stands on, or its peer, is in the namespace of this id. When it is made only. */
    public LinkSpec linkNetnsid(int netnsid) {
        return with(LinkSet.LINK_NETNSID, netnsid);
    }

    /** Has this description, of up to 255 bytes. */
    public LinkSpec ifalias(String text) {
        return with(LinkSet.IFALIAS, text);
    }

    /** Has room for so many transmit queues, 1 to 4,096; a netkit device has one. When it is made only. */
    public LinkSpec numTxQueues(int queues) {
        return with(LinkSet.NUM_TX_QUEUES, queues);
    }

    /**
     * Has room for so many receive queues, 1 to 4,096; a netkit device for up to 1,024, of which it needs one beside those
     * that it leases. When it is made only.
     */
    public LinkSpec numRxQueues(int queues) {
        return with(LinkSet.NUM_RX_QUEUES, queues);
    }

    /** Is given packets of up to {@code bytes} to segment, of IPv6. */
    public LinkSpec gsoMaxSize(int bytes) {
        return with(LinkSet.GSO_MAX_SIZE, bytes);
    }

    /** Merges received packets into ones of up to {@code bytes}, of IPv6. */
    public LinkSpec groMaxSize(int bytes) {
        return with(LinkSet.GRO_MAX_SIZE, bytes);
    }

    /** Its name, if it was said. */
    Optional<String> ifname() {
        return settings.find(LinkSet.IFNAME).map(String.class::cast);
    }

    /** The namespace that it is to be in, if it was said. */
    Optional<NetworkNamespace> netns() {
        return settings.find(LinkSet.NET_NS_FD).map(NetworkNamespace.class::cast);
    }

    boolean hasKind() {
        return kind != null;
    }

    /**
     * This, to be put inside the other end.
     *
     * @throws IllegalArgumentException if it has a kind or flags: a peer is of the same kind, and the kernel makes it down
     */
    LinkSpec asPeer() {
        if (kind != null) {
            throw new IllegalArgumentException("a peer is of the same kind as the link, and not said to be " + title());
        }
        if (change != 0) {
            throw new IllegalArgumentException(
                    "a peer is made down: bring " + title() + " up in its namespace when it is there");
        }
        return this;
    }

    /** All namespaces whose descriptors the request carries. */
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

    /** Such as {@code nk0 (netkit)}, for error messages. */
    String title() {
        String name = ifname().orElse("without a name");
        return kind == null ? name : name + " (" + kind.name + ")";
    }

    @Override
    public String toString() {
        return title() + " " + settings;
    }
}
