package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Routes on the kernel of this machine, in a namespace of the test's own. */
@Tag("host")
class RoutesTest {
    private static final IpPrefix FOUR = IpPrefix.parse("10.1.0.0/16");
    private static final IpPrefix SIX = IpPrefix.parse("fd00:1::/32");

    private Sandbox sandbox;
    private Routes routes;
    private int a;
    private int b;

    @BeforeEach
    void enter() {
        sandbox = Sandbox.create();
        Rtnetlink rtnl = sandbox.rtnl();
        routes = rtnl.routes();
        a = sandbox.veth("a", "b").ifindex();
        b = rtnl.links().get("b").ifindex();
        rtnl.links().up(a);
        rtnl.links().up(b);
        rtnl.addresses().add(a, IpPrefix.parse("10.0.0.1/24"));
        rtnl.addresses().add(b, IpPrefix.parse("10.0.2.1/24"));
        rtnl.addresses().add(a, AddressSpec.of(IpPrefix.parse("fd00::1/64")).nodad());
        rtnl.addresses()
                .add(b, AddressSpec.of(IpPrefix.parse("fd00:0:0:2::1/64")).nodad());
    }

    @AfterEach
    void leave() {
        sandbox.close();
    }

    private static IpAddress ip(String text) {
        return IpAddress.parse(text);
    }

    private List<Route> to(IpPrefix destination) {
        return routes.list().stream()
                .filter(route -> route.destination().equals(destination))
                .toList();
    }

    @Test
    void anIpv4RouteIsThereAfterItWasAdded() {
        routes.add(RouteSpec.to(FOUR)
                .via(ip("10.0.0.2"))
                .prefsrc(ip("10.0.0.1"))
                .priority(50)
                .mtu(1300)
                .advmss(1200)
                .protocol(RouteProtocol.BOOT));
        assertThat(to(FOUR)).singleElement().satisfies(route -> {
            assertThat(route.family()).isEqualTo(AddressFamily.INET);
            assertThat(route.type()).isEqualTo(RouteType.UNICAST);
            assertThat(route.gateway()).contains(ip("10.0.0.2"));
            assertThat(route.oif()).hasValue(a);
            assertThat(route.prefsrc()).contains(ip("10.0.0.1"));
            assertThat(route.priority()).hasValue(50);
            assertThat(route.metrics().orElseThrow().mtu()).hasValue(1300);
            assertThat(route.metrics().orElseThrow().advmss()).hasValue(1200);
            assertThat(route.table()).isEqualTo(RouteTable.MAIN);
            assertThat(route.protocol()).isEqualTo(RouteProtocol.BOOT);
            assertThat(route.scope()).isEqualTo(Scope.UNIVERSE);
            assertThat(route.unknown()).isEmpty();
        });
        routes.delete(RouteSpec.to(FOUR));
        assertThat(to(FOUR)).isEmpty();
    }

    @Test
    void anIpv6RouteIsThereAfterItWasAdded() {
        routes.add(RouteSpec.to(SIX).via(ip("fd00::2")).priority(60).mtu(1400));
        assertThat(to(SIX)).singleElement().satisfies(route -> {
            assertThat(route.family()).isEqualTo(AddressFamily.INET6);
            assertThat(route.gateway()).contains(ip("fd00::2"));
            assertThat(route.oif()).hasValue(a);
            assertThat(route.priority()).hasValue(60);
            assertThat(route.metrics().orElseThrow().mtu()).hasValue(1400);
            assertThat(route.protocol()).isEqualTo(RouteProtocol.STATIC);
            assertThat(route.cacheinfo()).isPresent();
            assertThat(route.unknown()).isEmpty();
        });
        routes.delete(RouteSpec.to(SIX).via(ip("fd00::2")));
        assertThat(to(SIX)).isEmpty();
    }

    @Test
    void defaultRoutesAndRoutesWithoutGateway() {
        routes.add(RouteSpec.to(IpPrefix.ALL_IPV4).via(ip("10.0.0.254")));
        routes.add(RouteSpec.to(IpPrefix.ALL_IPV6).via(ip("fd00::fe")));
        routes.add(RouteSpec.to(FOUR).oif(b));
        assertThat(to(IpPrefix.ALL_IPV4))
                .singleElement()
                .satisfies(route -> assertThat(route.dst()).isEmpty());
        assertThat(to(IpPrefix.ALL_IPV6)).hasSize(1);
        assertThat(to(FOUR))
                .singleElement()
                .satisfies(route -> assertThat(route.scope()).isEqualTo(Scope.LINK));
        assertThat(routes.get(ip("192.0.2.1")).gateway()).contains(ip("10.0.0.254"));
    }

    @Test
    void anIpv4RouteCanGoByAnIpv6Gateway() {
        routes.add(RouteSpec.to(FOUR).via(ip("fd00::2")).oif(a));
        assertThat(to(FOUR)).singleElement().satisfies(route -> {
            assertThat(route.gateway()).isEmpty();
            assertThat(route.via()).contains(ip("fd00::2"));
        });
        assertThat(routes.get(ip("10.1.2.3")).via()).contains(ip("fd00::2"));
    }

    @Test
    void aGatewayThatNoAddressReachesIsTakenOnlink() {
        RouteSpec spec = RouteSpec.to(FOUR).via(ip("192.0.2.1")).oif(a);
        assertThatThrownBy(() -> routes.add(spec))
                .isInstanceOf(NetlinkException.class)
                .hasMessage("newroute route to 10.1.0.0/16: Nexthop has invalid gateway (ENETUNREACH)");
        routes.add(spec.onlink());
        assertThat(to(FOUR))
                .singleElement()
                .satisfies(route ->
                        assertThat(route.flags().has(RouteFlags.ONLINK)).isTrue());
    }

    @Test
    void severalWaysAreReadWithTheirWeights() {
        routes.add(RouteSpec.to(FOUR)
                .multipath(
                        NextHop.of(a, ip("10.0.0.2")).weight(3),
                        NextHop.of(b, ip("10.0.2.2")),
                        NextHop.of(b, ip("fd00:0:0:2::2"))));
        assertThat(to(FOUR)).singleElement().satisfies(route -> {
            assertThat(route.multipath()).extracting(NextHop::ifindex).containsExactly(a, b, b);
            assertThat(route.multipath()).extracting(NextHop::weight).containsExactly(3, 1, 1);
            assertThat(route.multipath().get(0).gateway()).contains(ip("10.0.0.2"));
            assertThat(route.multipath().get(2).via()).contains(ip("fd00:0:0:2::2"));
        });
        routes.add(RouteSpec.to(SIX)
                .multipath(
                        NextHop.of(a, ip("fd00::2")),
                        NextHop.of(b, ip("fd00:0:0:2::2")).weight(256)));
        assertThat(to(SIX))
                .singleElement()
                .satisfies(route -> assertThat(route.multipath())
                        .extracting(NextHop::weight)
                        .containsExactlyInAnyOrder(1, 256));
        assertThatThrownBy(() -> NextHop.of(a, ip("10.0.0.2")).weight(257))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anAppendedIpv6RouteIsOneMoreWay() {
        routes.add(RouteSpec.to(SIX).via(ip("fd00::2")));
        routes.append(RouteSpec.to(SIX).via(ip("fd00:0:0:2::2")));
        assertThat(to(SIX))
                .singleElement()
                .satisfies(route -> assertThat(route.multipath()).hasSize(2));
    }

    @Test
    void aReplacedRouteIsOne() {
        routes.add(RouteSpec.to(FOUR).via(ip("10.0.0.2")));
        assertThatThrownBy(() -> routes.add(RouteSpec.to(FOUR).via(ip("10.0.0.3"))))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.EEXIST)).isTrue());
        routes.replace(RouteSpec.to(FOUR).via(ip("10.0.0.3")));
        assertThat(to(FOUR))
                .singleElement()
                .satisfies(route -> assertThat(route.gateway()).contains(ip("10.0.0.3")));
        routes.replace(RouteSpec.to(SIX).via(ip("fd00::2")));
        routes.replace(RouteSpec.to(SIX).via(ip("fd00::3")));
        assertThat(to(SIX))
                .singleElement()
                .satisfies(route -> assertThat(route.gateway()).contains(ip("fd00::3")));
    }

    @Test
    void someRoutesCanBeListed() {
        RouteTable table = new RouteTable(1000);
        routes.add(RouteSpec.to(FOUR).via(ip("10.0.0.2")).table(table));
        routes.add(RouteSpec.to(IpPrefix.parse("10.2.0.0/16")).type(RouteType.BLACKHOLE));
        assertThat(routes.list(RouteFilter.ALL.table(table))).singleElement().satisfies(route -> {
            assertThat(route.table()).isEqualTo(table);
            assertThat(route.table()).hasToString("1000");
        });
        assertThat(routes.list(RouteFilter.ALL.table(new RouteTable(1001)))).isEmpty();
        assertThat(routes.list(RouteFilter.ALL.type(RouteType.BLACKHOLE))).hasSize(1);
        assertThat(routes.list(RouteFilter.ALL.family(AddressFamily.INET6)))
                .isNotEmpty()
                .allMatch(route -> route.family().equals(AddressFamily.INET6));
        assertThat(routes.list(RouteFilter.ALL.oif(b)))
                .isNotEmpty()
                .allMatch(route -> route.oif().orElse(0) == b);
        assertThat(routes.list(RouteFilter.ALL.protocol(RouteProtocol.STATIC))).hasSize(2);
        assertThat(routes.list(RouteFilter.ALL.table(RouteTable.LOCAL)))
                .anyMatch(route -> route.type().equals(RouteType.LOCAL)
                        && route.scope().equals(Scope.HOST)
                        && route.dst().equals(Optional.of(ip("10.0.0.1"))));
        assertThatThrownBy(() -> routes.list(RouteFilter.ALL.oif(77)))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ENODEV)).isTrue());
    }

    @Test
    void aLookupTellsTheWay() {
        Route four = routes.get(ip("10.0.0.9"));
        assertThat(four.oif()).hasValue(a);
        assertThat(four.prefsrc()).contains(ip("10.0.0.1"));
        assertThat(four.dst()).contains(ip("10.0.0.9"));
        assertThat(four.dstLen()).isEqualTo(32);
        assertThat(four.table()).isEqualTo(RouteTable.MAIN);
        Route six = routes.get(ip("fd00::9"));
        assertThat(six.oif()).hasValue(a);
        assertThat(six.prefsrc()).contains(ip("fd00::1"));
        Route local = routes.get(RouteLookup.to(ip("10.0.0.1")));
        assertThat(local.type()).isEqualTo(RouteType.LOCAL);

        routes.add(RouteSpec.to(FOUR).via(ip("10.0.0.2")));
        routes.add(RouteSpec.to(FOUR).via(ip("10.0.2.2")).priority(9));
        assertThat(routes.get(RouteLookup.to(ip("10.1.0.1")).from(ip("10.0.0.1")))
                        .gateway())
                .contains(ip("10.0.0.2"));
        assertThat(routes.get(RouteLookup.to(ip("10.1.0.1")).oif(b)).gateway()).contains(ip("10.0.2.2"));
        assertThat(routes.get(RouteLookup.to(ip("10.1.0.1")).mark(5)).mark()).hasValue(5);
        assertThatThrownBy(() -> routes.get(ip("192.0.2.1")))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ENETUNREACH)).isTrue())
                .hasMessage("getroute route to 192.0.2.1: Network is unreachable (ENETUNREACH)");
    }

    @Test
    void badPrefixesAndAbsentRoutesAreNamed() {
        assertThatThrownBy(() ->
                        routes.add(RouteSpec.to(IpPrefix.parse("10.1.0.1/16")).oif(a)))
                .isInstanceOf(NetlinkException.class)
                .hasMessageStartingWith("newroute route to 10.1.0.1/16: Invalid prefix for given prefix length")
                .hasMessageContaining("EINVAL");
        assertThatThrownBy(() -> routes.delete(RouteSpec.to(FOUR)))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ESRCH)).isTrue())
                .hasMessageStartingWith("delroute route to 10.1.0.0/16: ");
        assertThatThrownBy(() -> routes.add(RouteSpec.to(FOUR).oif(77)))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ENODEV)).isTrue());
    }
}
