package dev.qlease.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.LinkSpec;
import dev.qlease.rtnetlink.Rtnetlink;
import dev.qlease.rtnetlink.Sandbox;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sockets in a namespace of this machine, and devices of all kinds of names. */
@Tag("host")
@Timeout(60)
class NamespaceSocketsHostTest {
    private Sandbox sandbox;
    private NamespaceSockets sockets;

    @BeforeEach
    void open() {
        sandbox = Sandbox.create();
        sockets = NamespaceSockets.of(sandbox.namespace());
    }

    @AfterEach
    void close() {
        if (sandbox != null) {
            sockets.close();
            sandbox.close();
        }
    }

    private int bridge(String name, String... altnames) {
        int ifindex = sandbox.rtnl()
                .links()
                .create(LinkSpec.named(name).kind("bridge"))
                .ifindex();
        if (altnames.length > 0) {
            sandbox.rtnl().links().addAltIfname(ifindex, altnames);
        }
        return ifindex;
    }

    @Test
    void aNameComesBeforeANumberAndANumberIsPlain() {
        int twelve = bridge("12");
        int first = bridge("99", "5000", "a name with blanks", Integer.toString(twelve));
        int zeros = bridge("007");
        int plain = bridge("plain", "x".repeat(127));
        Map<String, Integer> expected = Map.of(
                "12",
                twelve,
                "99",
                first,
                "5000",
                first,
                "a name with blanks",
                first,
                Integer.toString(twelve),
                first,
                "007",
                zeros,
                "plain",
                plain,
                "x".repeat(127),
                plain,
                Integer.toString(plain),
                plain,
                "lo",
                1);
        expected.forEach((device, ifindex) -> assertThat(sockets.findLink(device))
                .as(device)
                .map(Link::ifindex)
                .contains(ifindex));
    }

    @Test
    void whatNamesNoDeviceFindsNone() {
        bridge("12");
        for (String none : new String[] {
            "",
            "7",
            "07",
            "0",
            "001",
            "+1",
            "-1",
            "1 ",
            " 1",
            "0x1",
            "1.0",
            "\u0661",
            "99999999999",
            "2147483648",
            "4294967297",
            "lo\0",
            "\0",
            "eth0:1",
            "x".repeat(128),
            "x".repeat(5000),
            "%d"
        }) {
            assertThat(sockets.findLink(none)).as(none).isEmpty();
            assertThatExceptionOfType(NoSuchLinkException.class)
                    .isThrownBy(() -> sockets.requireLink(none))
                    .withMessage("no device \"" + none + "\" in network namespace " + sandbox.name())
                    .matches(e -> e.device().equals(none));
        }
    }

    @Test
    void familiesAreOpenedOnceAndInTheNamespace() {
        bridge("here");
        Rtnetlink rtnetlink = sockets.rtnetlink();
        assertThat(sockets.rtnetlink()).isSameAs(rtnetlink);
        assertThat(sockets.netdev()).isSameAs(sockets.netdev());
        assertThat(sockets.ethtool()).isSameAs(sockets.ethtool());
        assertThat(rtnetlink.links().names()).containsValue("here");
        assertThat(sockets.run(() -> NetworkNamespace.ofCaller().inode()))
                .isEqualTo(sandbox.namespace().inode());
    }

    @Test
    void closingClosesItsOwnOnly() {
        Rtnetlink opened = sockets.rtnetlink();
        sockets.close();
        sockets.close();
        assertThatIllegalStateException().isThrownBy(sockets::rtnetlink).withMessageContaining("are closed");
        assertThatIllegalStateException().isThrownBy(sockets::netdev);
        assertThatIllegalStateException().isThrownBy(() -> opened.links().list());
        assertThat(sandbox.namespace().descriptor().isOpen()).isTrue();
        assertThat(sandbox.rtnl().links().find("lo")).isPresent();
    }

    @Test
    void thoseOfTheCallerTakeNoEntering() {
        try (NamespaceSockets here = NamespaceSockets.of(NetworkNamespace.ofCaller())) {
            assertThat(here.run(Thread::currentThread)).isSameAs(Thread.currentThread());
            assertThat(here.namespace().inode())
                    .isEqualTo(NetworkNamespace.ofCaller().inode());
            assertThat(here.requireLink("lo").ifindex()).isEqualTo(1);
        }
    }
}
