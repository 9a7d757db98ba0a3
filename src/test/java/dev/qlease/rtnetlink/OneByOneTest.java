package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What this machine's kernel lists, in a namespace of the test's own: one by one it is the same as all at once. */
@Tag("host")
class OneByOneTest {
    private Sandbox sandbox;
    private Rtnetlink rtnl;
    private int a;

    @BeforeEach
    void enter() {
        sandbox = Sandbox.create();
        rtnl = sandbox.rtnl();
        a = sandbox.veth("a", "b").ifindex();
        rtnl.links().up(a);
        rtnl.links().up(rtnl.links().get("b").ifindex());
        rtnl.addresses().add(a, IpPrefix.parse("10.0.0.1/24"));
        rtnl.addresses().add(a, AddressSpec.of(IpPrefix.parse("fd00::1/64")).nodad());
    }

    @AfterEach
    void leave() {
        sandbox.close();
    }

    private static <T> List<T> given(Consumer<Consumer<T>> forEach) {
        List<T> given = new ArrayList<>();
        forEach.accept(given::add);
        return given;
    }

    private List<String> links(LinkFilter filter) {
        return given((Consumer<Link> reader) -> rtnl.links().forEach(filter, reader)).stream()
                .map(Link::ifname)
                .toList();
    }

    @Test
    void links() {
        assertThat(links(LinkFilter.ALL)).containsExactlyInAnyOrder("lo", "a", "b");
        assertThat(links(LinkFilter.ALL.kind("veth"))).containsExactlyInAnyOrder("a", "b");
        assertThat(links(LinkFilter.ALL.kind("no-such-kind"))).isEmpty();
    }

    @Test
    void addresses() {
        assertThat(given((Consumer<Address> reader) -> rtnl.addresses().forEach(AddressFilter.ALL, reader)))
                .hasSizeGreaterThanOrEqualTo(2)
                .hasSameElementsAs(rtnl.addresses().list());
        assertThat(given((Consumer<Address> reader) ->
                        rtnl.addresses().forEach(AddressFilter.ALL.family(AddressFamily.INET), reader)))
                .singleElement()
                .satisfies(address -> assertThat(address.ifindex()).isEqualTo(a));
    }

    @Test
    void routes() {
        RouteTable table = new RouteTable(1000);
        rtnl.routes()
                .add(RouteSpec.to(IpPrefix.parse("10.1.0.0/16"))
                        .via(IpAddress.parse("10.0.0.2"))
                        .table(table));
        assertThat(given((Consumer<Route> reader) -> rtnl.routes().forEach(RouteFilter.ALL, reader)))
                .hasSizeGreaterThan(3)
                .containsExactlyElementsOf(rtnl.routes().list());
        assertThat(given((Consumer<Route> reader) -> rtnl.routes().forEach(RouteFilter.ALL.table(table), reader)))
                .hasSize(1);
        assertThat(given((Consumer<Route> reader) ->
                        rtnl.routes().forEach(RouteFilter.ALL.table(new RouteTable(1001)), reader)))
                .isEmpty();
    }

    @Test
    void neighbours() {
        IpAddress address = IpAddress.parse("10.0.0.9");
        rtnl.neighbours().add(NeighbourSpec.permanent(a, address, HardwareAddress.parse("02:00:5e:10:00:02")));
        assertThat(given((Consumer<Neighbour> reader) -> rtnl.neighbours().forEach(NeighbourFilter.ALL, reader)))
                .anySatisfy(neighbour -> assertThat(neighbour.dst()).contains(address));
    }
}
