package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.NetlinkException;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Links on the kernel of this machine, in namespaces of the test's own. */
@Tag("host")
class LinksTest {
    private Sandbox sandbox;
    private Links links;

    @BeforeEach
    void enter() {
        sandbox = Sandbox.create();
        links = sandbox.rtnl().links();
    }

    @AfterEach
    void leave() {
        sandbox.close();
    }

    @Test
    void aNewNamespaceHasItsLoopbackOnly() {
        assertThat(links.list()).singleElement().satisfies(lo -> {
            assertThat(lo.ifname()).isEqualTo("lo");
            assertThat(lo.ifindex()).isEqualTo(1);
            assertThat(lo.type()).isEqualTo(772);
            assertThat(lo.flags().has(LinkFlags.LOOPBACK)).isTrue();
            assertThat(lo.isUp()).isFalse();
            assertThat(lo.mtu()).hasValue(65536);
            assertThat(lo.kind()).isEmpty();
            assertThat(lo.unknown()).isEmpty();
        });
    }

    @Test
    void aCreatedPairIsAnsweredAsItIs() {
        HardwareAddress address = HardwareAddress.parse("02:00:5e:10:00:01");
        Link veth = links.create(LinkSpec.named("a")
                .veth(LinkSpec.named("b").mtu(1280).numRxQueues(5).numTxQueues(6))
                .address(address)
                .mtu(1400)
                .numRxQueues(3)
                .numTxQueues(4)
                .txqlen(77)
                .group(9)
                .gsoMaxSize(40_000)
                .groMaxSize(30_000));
        assertThat(veth.ifname()).isEqualTo("a");
        assertThat(veth.type()).isEqualTo(1);
        assertThat(veth.kind()).contains("veth");
        assertThat(veth.linkinfo().flatMap(LinkInfo::data)).contains(new LinkKind.Veth());
        assertThat(veth.address()).contains(address);
        assertThat(veth.broadcast()).hasToString("Optional[ff:ff:ff:ff:ff:ff]");
        assertThat(veth.mtu()).hasValue(1400);
        assertThat(veth.minMtu()).hasValue(68);
        assertThat(veth.maxMtu()).hasValue(65535);
        assertThat(veth.numRxQueues()).hasValue(3);
        assertThat(veth.numTxQueues()).hasValue(4);
        assertThat(veth.txqlen()).hasValue(77);
        assertThat(veth.group()).hasValue(9);
        assertThat(veth.gsoMaxSize()).hasValue(40_000);
        assertThat(veth.groMaxSize()).hasValue(30_000);
        assertThat(veth.operstate()).contains(OperState.DOWN);
        assertThat(veth.qdisc()).contains("noop");
        assertThat(veth.promiscuity()).hasValue(0);
        assertThat(veth.xdp().flatMap(LinkXdp::attached)).contains(XdpAttached.NONE);
        assertThat(veth.linkNetnsid()).isEmpty();
        assertThat(veth.unknown()).isEmpty();

        Link peer = links.get(veth.link().orElseThrow());
        assertThat(peer.ifname()).isEqualTo("b");
        assertThat(peer.mtu()).hasValue(1280);
        assertThat(peer.numRxQueues()).hasValue(5);
        assertThat(peer.numTxQueues()).hasValue(6);
        assertThat(peer.link()).hasValue(veth.ifindex());
    }

    @Test
    void theKernelNamesWhatHasNoName() {
        Link veth = links.create(LinkSpec.empty().veth(LinkSpec.empty()));
        assertThat(veth.ifname()).startsWith("veth");
    }

    @Test
    void upAndDownAndStatistics() throws InterruptedException {
        Link veth = sandbox.veth("a", "b");
        Link peer = links.get("b");
        links.up(veth.ifindex());
        assertThat(links.get("a").isUp()).isTrue();
        assertThat(links.get("a").operstate()).contains(OperState.LOWERLAYERDOWN);
        links.up(peer.ifindex());
        sandbox.awaitUp(veth.ifindex());
        assertThat(links.get("a").carrier()).hasValue(1);
        assertThat(links.get("a").carrierUpCount()).hasValue(1);

        // Coming up, IPv6 announces itself.
        assertThat(Await.until(() -> links.get("b").stats64().orElseThrow(), stats -> stats.rxPackets() > 0))
                .satisfies(stats -> assertThat(stats.rxBytes()).isGreaterThan(stats.rxPackets()))
                .satisfies(stats -> assertThat(stats.rxErrors()).isZero());
        links.down(veth.ifindex());
        assertThat(links.get("a").isUp()).isFalse();
    }

    @Test
    void aLinkCanBeMadeUp() {
        Link veth = links.create(LinkSpec.named("a").veth(LinkSpec.named("b")).up());
        assertThat(veth.isUp()).isTrue();
        assertThat(links.get("b").isUp()).isFalse();
    }

    @Test
    void aChangeChangesWhatItSays() {
        Link veth = sandbox.veth("a", "b");
        HardwareAddress address = HardwareAddress.parse("02:00:5e:10:00:02");
        links.change(
                veth.ifindex(),
                LinkSpec.named("renamed")
                        .mtu(9000)
                        .address(address)
                        .ifalias("the one in the test")
                        .txqlen(5)
                        .group(3)
                        .promisc(true));
        Link changed = links.get(veth.ifindex());
        assertThat(changed.ifname()).isEqualTo("renamed");
        assertThat(changed.mtu()).hasValue(9000);
        assertThat(changed.address()).contains(address);
        assertThat(changed.ifalias()).contains("the one in the test");
        assertThat(changed.promiscuity()).hasValue(1);
        assertThat(changed.flags().has(LinkFlags.PROMISC)).isTrue();
        assertThat(changed.numRxQueues()).isEqualTo(veth.numRxQueues());
        links.change(veth.ifindex(), LinkSpec.empty().promisc(false));
        assertThat(links.get(veth.ifindex()).promiscuity()).hasValue(0);
    }

    @Test
    void otherNamesFindALinkAsItsFirstDoes() {
        Link veth = sandbox.veth("a", "b");
        String longName = "a-name-that-is-longer-than-the-fifteen-bytes-of-a-first-one";
        links.addAltIfname(veth.ifindex(), longName, "short");
        assertThat(links.get(longName).altIfname()).containsExactly(longName, "short");
        assertThat(links.find("short"))
                .hasValueSatisfying(link -> assertThat(link.ifname()).isEqualTo("a"));
        assertThatThrownBy(() -> links.addAltIfname(links.get("b").ifindex(), "short"))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.EEXIST)).isTrue());
        links.deleteAltIfname(veth.ifindex(), longName);
        assertThat(links.find(longName)).isEmpty();
        links.delete("short");
        assertThat(links.find("a")).isEmpty();
        assertThat(links.find("b")).isEmpty();
    }

    @Test
    void aMovedLinkIsThereAndNotHere() {
        try (Sandbox other = Sandbox.create()) {
            Link veth = sandbox.veth("a", "b");
            links.change(veth.ifindex(), LinkSpec.named("eth0").netns(other.namespace()));
            assertThat(links.find("a")).isEmpty();
            Link moved = other.rtnl().links().get("eth0");
            assertThat(moved.address()).isEqualTo(veth.address());
            assertThat(moved.linkNetnsid()).isPresent();

            int b = links.get("b").ifindex();
            links.move(b, other.namespace());
            assertThat(other.rtnl().links().list())
                    .extracting(Link::ifname)
                    .containsExactlyInAnyOrder("lo", "eth0", "b");
            assertThat(other.rtnl().links().get("eth0").linkNetnsid()).isEmpty();
        }
    }

    @Test
    void aPairCanBeMadeAcrossNamespaces() {
        try (Sandbox one = Sandbox.create();
                Sandbox other = Sandbox.create()) {
            Link veth = links.create(LinkSpec.named("eth0")
                    .netns(one.namespace())
                    .veth(LinkSpec.named("eth0")
                            .netns(other.namespace())
                            .address(HardwareAddress.parse("02:00:00:00:00:09")))
                    .up());
            assertThat(links.list()).hasSize(1);
            assertThat(veth.isUp()).isTrue();
            assertThat(one.rtnl().links().get("eth0").ifindex()).isEqualTo(veth.ifindex());
            Link peer = other.rtnl().links().get("eth0");
            assertThat(peer.address()).hasToString("Optional[02:00:00:00:00:09]");
            assertThat(veth.link()).hasValue(peer.ifindex());
        }
    }

    @Test
    void ofSeveralKindsOneCanBeListed() {
        sandbox.veth("a", "b");
        Link bridge = links.create(LinkSpec.named("br0").kind("bridge"));
        links.change(links.get("b").ifindex(), LinkSpec.empty().master(bridge.ifindex()));
        assertThat(links.list()).extracting(Link::ifname).containsExactly("lo", "b", "a", "br0");
        assertThat(links.list(LinkFilter.ALL.kind("veth")))
                .extracting(Link::ifname)
                .containsExactly("b", "a");
        assertThat(links.list(LinkFilter.ALL.kind("no-such-kind"))).isEmpty();
        assertThat(links.list(LinkFilter.ALL.master(bridge.ifindex())))
                .singleElement()
                .satisfies(port -> {
                    assertThat(port.ifname()).isEqualTo("b");
                    assertThat(port.master()).hasValue(bridge.ifindex());
                    assertThat(port.linkinfo().flatMap(LinkInfo::slaveKind)).contains("bridge");
                    assertThat(port.linkinfo().orElseThrow().slaveData()).isNotEmpty();
                });
        assertThat(bridge.linkinfo().flatMap(LinkInfo::data))
                .get(InstanceOfAssertFactories.type(LinkKind.Other.class))
                .satisfies(data -> assertThat(data.kind()).isEqualTo("bridge"))
                .satisfies(data -> assertThat(data.data()).isNotEmpty());
        links.change(links.get("b").ifindex(), LinkSpec.empty().master(0));
        assertThat(links.get("b").master()).isEmpty();
    }

    @Test
    void aPortOfABridgeIsMadeAsOne() {
        Link bridge = links.create(LinkSpec.named("br0").kind("bridge"));
        Link veth = links.create(LinkSpec.named("a").veth(LinkSpec.named("b")).master(bridge.ifindex()));
        assertThat(veth.master()).hasValue(bridge.ifindex());
    }

    @Test
    void aTakenNameIsRefused() {
        sandbox.veth("a", "b");
        assertThatThrownBy(() -> sandbox.veth("a", "c"))
                .isInstanceOf(NetlinkException.class)
                .hasMessage("newlink link a (veth): File exists (EEXIST)");
        assertThatThrownBy(() -> sandbox.veth("c", "b"))
                .isInstanceOfSatisfying(
                        LinuxException.class,
                        e -> assertThat(e.is(Errno.EEXIST)).isTrue());
        assertThat(links.find("c")).isEmpty();
    }

    @Test
    void anAbsentLinkIsNamed() {
        assertThatThrownBy(() -> links.get("eth7")).hasMessage("getlink link eth7: No such device (ENODEV)");
        assertThatThrownBy(() -> links.get(77)).hasMessage("getlink link 77: No such device (ENODEV)");
        assertThatThrownBy(() -> links.up(77))
                .hasMessageEndingWith("(ENODEV)")
                .hasMessageStartingWith("setlink link 77: ");
        assertThatThrownBy(() -> links.delete("eth7")).hasMessage("dellink link eth7: No such device (ENODEV)");
        assertThat(links.find("eth7")).isEmpty();
        assertThat(links.find(77)).isEmpty();
        assertThatThrownBy(() -> links.get(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an ifindex is 1 or more, not 0");
    }

    @Test
    void theKernelsWordsAndTheAttributeAreInTheError() {
        Link veth = sandbox.veth("a", "b");
        assertThatThrownBy(() -> links.change(veth.ifindex(), LinkSpec.empty().mtu(1_000_000)))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("mtu greater than device maximum");
        assertThatThrownBy(() ->
                        links.create(LinkSpec.named("a-name-of-more-than-15").veth(LinkSpec.empty())))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.extendedAck().attribute()).contains("ifname"));
        assertThatThrownBy(() -> links.create(LinkSpec.named("c").veth(LinkSpec.named("a-name-of-more-than-15"))))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.extendedAck().attribute()).contains("linkinfo.data.peer.ifname"))
                .hasMessageContaining(
                        "newlink link c (veth): Attribute failed policy validation [attribute linkinfo.data.peer.ifname, at offset ");
    }

    @Test
    void aKindThatTheKernelLacksIsUnsupported() {
        assertThatThrownBy(() -> links.create(LinkSpec.named("x").kind("no-such-kind")))
                .isInstanceOf(UnsupportedException.class)
                .hasMessage("newlink link x (no-such-kind): Unknown device type (EOPNOTSUPP)");
    }

    @Test
    void whatMakesNoSenseIsRefusedBeforeItIsSent() {
        assertThatThrownBy(() -> links.create(LinkSpec.named("x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a link needs a kind, such as dummy: x");
        assertThatThrownBy(() ->
                        links.create(LinkSpec.empty().veth(LinkSpec.empty()).netns(sandbox.namespace())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a link that is created in another namespace needs a name");
        assertThatThrownBy(() -> LinkSpec.empty().veth(LinkSpec.empty().dummy()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> NetkitSpec.pair(LinkSpec.named("p").up()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a peer is created down: set p up in its namespace");
    }

    @Test
    void aClosedNamespaceCannotBeMovedTo() {
        Link veth = sandbox.veth("a", "b");
        NetworkNamespace closed = NetworkNamespace.named(sandbox.name());
        closed.close();
        assertThatThrownBy(() -> links.move(veth.ifindex(), closed)).isInstanceOf(IllegalStateException.class);
        assertThat(links.find("a")).isPresent();
    }

    @Test
    void fourThousandLinksAreListedWhole() {
        for (int i = 0; i < 2000; i++) {
            sandbox.veth("a" + i, "b" + i);
        }
        List<Link> all = links.list();
        assertThat(all).hasSize(4001);
        assertThat(all).extracting(Link::ifindex).doesNotHaveDuplicates();
        assertThat(all.getLast().ifname()).isEqualTo("a1999");
        assertThat(links.list(LinkFilter.ALL.kind("veth"))).hasSize(4000);
    }
}
