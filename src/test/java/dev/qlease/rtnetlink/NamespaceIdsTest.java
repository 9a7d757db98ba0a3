package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.netlink.NetlinkException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ids of namespaces on the kernel of this machine, of namespaces of the test's own. */
@Tag("host")
class NamespaceIdsTest {
    private Sandbox sandbox;
    private Sandbox other;
    private NamespaceIds ids;

    @BeforeEach
    void enter() {
        sandbox = Sandbox.create();
        other = Sandbox.create();
        ids = sandbox.rtnl().namespaceIds();
    }

    @AfterEach
    void leave() {
        other.close();
        sandbox.close();
    }

    @Test
    void aNamespaceHasNoIdUntilItIsGivenOne() {
        assertThat(ids.find(other.namespace())).isEmpty();
        assertThat(ids.list()).isEmpty();
        int nsid = ids.assign(other.namespace());
        assertThat(nsid).isNotNegative();
        assertThat(ids.find(other.namespace())).hasValue(nsid);
        assertThat(ids.assign(other.namespace())).isEqualTo(nsid);
        assertThat(ids.list())
                .singleElement()
                .satisfies(id -> assertThat(id.nsid()).isEqualTo(nsid));
        assertThat(other.rtnl().namespaceIds().find(sandbox.namespace())).isEmpty();
    }

    @Test
    void anIdCanBeChosen() {
        ids.assign(other.namespace(), 42);
        assertThat(ids.find(other.namespace())).hasValue(42);
        assertThatThrownBy(() -> ids.assign(other.namespace(), 43))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.EEXIST)).isTrue())
                .hasMessageStartingWith(
                        "newnsid network namespace " + other.name() + ": Peer netns already has a nsid assigned")
                .hasMessageContaining("attribute fd");
        assertThatThrownBy(() -> ids.assign(sandbox.namespace(), 42))
                .hasMessageContaining("The specified nsid is already used");
    }

    @Test
    void theNamespaceOfAProcessCanBeAskedFor() {
        int self = (int) ProcessHandle.current().pid();
        assertThat(ids.findOfProcess(self)).isEmpty();
        assertThatThrownBy(() -> ids.findOfProcess(Integer.MAX_VALUE))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ESRCH)).isTrue())
                .hasMessageContaining("Peer netns reference is invalid");
    }

    @Test
    void aPeerInAnotherNamespaceIsNamedByItsId() {
        int nsid = ids.assign(other.namespace());
        Link a = sandbox.rtnl()
                .links()
                .create(LinkSpec.named("a").veth(LinkSpec.named("b").netns(other.namespace())));
        assertThat(a.linkNetnsid()).hasValue(nsid);
        Links links = sandbox.rtnl().links();
        Link b = links.get(a.link().orElseThrow(), nsid);
        assertThat(b.ifname()).isEqualTo("b");
        assertThat(b.targetNetnsid()).hasValue(nsid);
        assertThat(links.list(LinkFilter.ALL.targetNetnsid(nsid)))
                .extracting(Link::ifname)
                .containsExactlyInAnyOrder("lo", "b");
        assertThatThrownBy(() -> links.list(LinkFilter.ALL.targetNetnsid(nsid + 100)))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("Invalid target network namespace id");
        int back = other.rtnl().namespaceIds().assign(sandbox.namespace());
        assertThat(ids.list(nsid)).singleElement().satisfies(id -> {
            assertThat(id.nsid()).isEqualTo(back);
            assertThat(id.currentNsid()).isEqualTo(b.linkNetnsid());
        });
    }
}
