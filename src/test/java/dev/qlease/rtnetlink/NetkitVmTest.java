package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.NetlinkException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Links of the kinds that take a new kernel with its modules: netkit, and dummy. */
@Tag("vm")
class NetkitVmTest {
    private Sandbox host;
    private Sandbox guest;
    private Links links;

    @BeforeEach
    void enter() {
        host = Sandbox.create();
        guest = Sandbox.create();
        links = host.rtnl().links();
    }

    @AfterEach
    void leave() {
        guest.close();
        host.close();
    }

    @Test
    void allThatIsSaidOfAPairIsReadBack() {
        HardwareAddress primary = HardwareAddress.parse("02:00:5e:10:00:01");
        HardwareAddress peer = HardwareAddress.parse("02:00:5e:10:00:02");
        Link nk = links.create(LinkSpec.named("nk0")
                .address(primary)
                .mtu(1400)
                .numRxQueues(2)
                .numTxQueues(1)
                .netkit(NetkitSpec.pair(LinkSpec.named("nk1")
                                .netns(guest.namespace())
                                .address(peer)
                                .mtu(1300)
                                .numRxQueues(5)
                                .numTxQueues(1))
                        .mode(NetkitMode.L2)
                        .policy(NetkitPolicy.BLACKHOLE)
                        .peerPolicy(NetkitPolicy.FORWARD)
                        .scrub(NetkitScrub.NONE)
                        .peerScrub(NetkitScrub.DEFAULT)
                        .headroom(64)
                        .tailroom(32)));
        assertThat(nk.kind()).contains("netkit");
        assertThat(nk.address()).contains(primary);
        assertThat(nk.mtu()).hasValue(1400);
        assertThat(nk.numRxQueues()).hasValue(2);
        assertThat(nk.numTxQueues()).hasValue(1);
        assertThat(nk.linkNetnsid()).isEqualTo(host.rtnl().namespaceIds().find(guest.namespace()));
        assertThat(nk.unknown()).isEmpty();
        assertThat(nk.netkit()).hasValueSatisfying(netkit -> {
            assertThat(netkit.primary()).isTrue();
            assertThat(netkit.policy()).contains(NetkitPolicy.BLACKHOLE);
            assertThat(netkit.peerPolicy()).contains(NetkitPolicy.FORWARD);
            assertThat(netkit.mode()).contains(NetkitMode.L2);
            assertThat(netkit.scrub()).contains(NetkitScrub.NONE);
            assertThat(netkit.peerScrub()).contains(NetkitScrub.DEFAULT);
            assertThat(netkit.headroom()).hasValue(64);
            assertThat(netkit.tailroom()).hasValue(32);
            assertThat(netkit.pairing()).contains(NetkitPairing.PAIR);
            assertThat(netkit.unknown()).isEmpty();
        });

        Link other = guest.rtnl().links().get("nk1");
        assertThat(other.ifindex()).isEqualTo(nk.link().orElseThrow());
        assertThat(other.link()).hasValue(nk.ifindex());
        assertThat(other.address()).contains(peer);
        assertThat(other.mtu()).hasValue(1300);
        assertThat(other.numRxQueues()).hasValue(5);
        assertThat(other.numTxQueues()).hasValue(1);
        assertThat(other.netkit()).hasValueSatisfying(netkit -> {
            assertThat(netkit.primary()).isFalse();
            assertThat(netkit.policy()).contains(NetkitPolicy.FORWARD);
            assertThat(netkit.peerPolicy()).contains(NetkitPolicy.BLACKHOLE);
            assertThat(netkit.scrub()).contains(NetkitScrub.DEFAULT);
            assertThat(netkit.peerScrub()).contains(NetkitScrub.NONE);
        });
    }

    @Test
    void whatIsNotSaidIsTheKernelsChoice() {
        Link nk = links.create(LinkSpec.empty().netkit(NetkitSpec.pair()));
        assertThat(nk.ifname()).startsWith("nk");
        assertThat(nk.flags().has(LinkFlags.NOARP)).isTrue();
        assertThat(nk.netkit()).hasValueSatisfying(netkit -> {
            assertThat(netkit.mode()).contains(NetkitMode.L3);
            assertThat(netkit.policy()).contains(NetkitPolicy.FORWARD);
            assertThat(netkit.scrub()).contains(NetkitScrub.DEFAULT);
            assertThat(netkit.headroom()).hasValue(0);
            assertThat(netkit.tailroom()).hasValue(0);
        });
        assertThat(links.get(nk.link().orElseThrow()).netkit().orElseThrow().primary())
                .isFalse();
    }

    @Test
    void aSingleDeviceHasNoPeer() {
        Link nk = links.create(
                LinkSpec.named("nk0").numRxQueues(3).netkit(NetkitSpec.single()).up());
        assertThat(nk.numRxQueues()).hasValue(3);
        assertThat(nk.link()).hasValue(0);
        assertThat(nk.isUp()).isTrue();
        assertThat(nk.netkit()).hasValueSatisfying(netkit -> {
            assertThat(netkit.pairing()).contains(NetkitPairing.SINGLE);
            assertThat(netkit.peerPolicy()).isEmpty();
            assertThat(netkit.scrub()).isEmpty();
        });
        assertThatThrownBy(() -> links.create(
                        LinkSpec.named("nk1").netkit(NetkitSpec.single().policy(NetkitPolicy.BLACKHOLE))))
                .isInstanceOf(UnsupportedException.class);
    }

    @Test
    void moreQueuesThanNetkitHasAreUnsupported() {
        NetkitSpec pair = NetkitSpec.pair(LinkSpec.named("nk1"));
        assertThat(links.create(LinkSpec.named("nk0").numRxQueues(1024).netkit(pair))
                        .numRxQueues())
                .hasValue(1024);
        assertThatThrownBy(() ->
                        links.create(LinkSpec.named("nk2").numRxQueues(1025).netkit(pair)))
                .isInstanceOf(UnsupportedException.class);
        assertThatThrownBy(
                        () -> links.create(LinkSpec.named("nk2").numTxQueues(2).netkit(pair)))
                .isInstanceOf(UnsupportedException.class);
    }

    @Test
    void thePoliciesMayBeChangedAndNothingElse() {
        Link nk = links.create(LinkSpec.named("nk0").netkit(NetkitSpec.pair(LinkSpec.named("nk1"))));
        links.change(
                nk.ifindex(),
                LinkSpec.empty()
                        .netkit(NetkitSpec.pair().policy(NetkitPolicy.BLACKHOLE).peerPolicy(NetkitPolicy.BLACKHOLE)));
        LinkKind.Netkit changed = links.get("nk0").netkit().orElseThrow();
        assertThat(changed.policy()).contains(NetkitPolicy.BLACKHOLE);
        assertThat(changed.peerPolicy()).contains(NetkitPolicy.BLACKHOLE);
        assertThatThrownBy(() -> links.change(
                        nk.ifindex(), LinkSpec.empty().netkit(NetkitSpec.pair().mode(NetkitMode.L2))))
                .isInstanceOfSatisfying(NetlinkException.class, e -> {
                    assertThat(e.is(Errno.EACCES)).isTrue();
                    assertThat(e.extendedAck().attribute()).contains("linkinfo.data.mode");
                })
                .hasMessageContaining("netkit link operating mode cannot be changed after device creation");
        int peer = links.get("nk1").ifindex();
        assertThatThrownBy(() -> links.change(
                        peer, LinkSpec.empty().netkit(NetkitSpec.pair().policy(NetkitPolicy.FORWARD))))
                .hasMessageContaining("netkit link settings can be changed only through the primary device");
    }

    @Test
    void aBadValueIsNamedByItsPath() {
        assertThatThrownBy(() -> links.create(
                        LinkSpec.named("nk0").netkit(NetkitSpec.pair().mode(new NetkitMode(7)))))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.extendedAck().attribute()).contains("linkinfo.data.mode"))
                .hasMessageStartingWith("newlink link nk0 (netkit): ")
                .hasMessageContaining("[attribute linkinfo.data.mode, at offset ");
        assertThatThrownBy(() -> links.create(
                        LinkSpec.named("nk0").netkit(NetkitSpec.pair().policy(new NetkitPolicy(5)))))
                .hasMessageContaining("attribute linkinfo.data.policy");
        assertThatThrownBy(() -> links.create(
                        LinkSpec.named("nk0").netkit(NetkitSpec.pair(LinkSpec.named("a-name-of-more-than-15")))))
                .hasMessageContaining("attribute linkinfo.data.peer-info.ifname");
    }

    @Test
    void theKindIsFoundAmongOthersAndDeletedWithItsPeer() {
        Link nk = links.create(LinkSpec.named("nk0").netkit(NetkitSpec.pair(LinkSpec.named("nk1"))));
        host.veth("a", "b");
        assertThat(links.list(LinkFilter.ALL.kind("netkit")))
                .extracting(Link::ifname)
                .containsExactlyInAnyOrder("nk0", "nk1");
        links.move(links.get("nk1").ifindex(), guest.namespace());
        assertThat(guest.rtnl().links().get("nk1").netkit()).isPresent();
        links.delete(nk.ifindex());
        assertThat(links.list(LinkFilter.ALL.kind("netkit"))).isEmpty();
        assertThat(guest.rtnl().links().find("nk1")).isEmpty();
    }

    @Test
    void aDummyIsMadeChangedMovedAndDeleted() {
        Link dummy = links.create(LinkSpec.named("d").dummy().mtu(1300).up());
        assertThat(dummy.linkinfo().flatMap(LinkInfo::data)).contains(new LinkKind.Dummy());
        assertThat(dummy.mtu()).hasValue(1300);
        assertThat(dummy.isUp()).isTrue();
        assertThat(links.list(LinkFilter.ALL.kind("dummy"))).hasSize(1);
        links.change(dummy.ifindex(), LinkSpec.named("e").down());
        links.move(dummy.ifindex(), guest.namespace());
        assertThat(guest.rtnl().links().get("e").isUp()).isFalse();
        guest.rtnl().links().delete("e");
        assertThat(guest.rtnl().links().find("e")).isEmpty();
    }
}
