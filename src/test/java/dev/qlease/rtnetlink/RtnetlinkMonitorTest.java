package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.Notification;
import dev.qlease.netlink.NotificationSocket;
import dev.qlease.rtnetlink.RtnetlinkEvent.AddressEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.Change;
import dev.qlease.rtnetlink.RtnetlinkEvent.LinkEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.NamespaceIdEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.NeighbourEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.RouteEvent;
import dev.qlease.rtnetlink.RtnetlinkMonitor.Group;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a socket of several groups hears on the kernel of this machine, in a namespace of the test's own. */
@Tag("host")
class RtnetlinkMonitorTest {
    private Sandbox sandbox;
    private NotificationSocket<RtnetlinkEvent> events;

    @BeforeEach
    void enter() {
        sandbox = Sandbox.create();
        events = RtnetlinkMonitor.open(sandbox.namespace(), 1 << 20, EnumSet.allOf(Group.class));
    }

    @AfterEach
    void leave() {
        events.close();
        sandbox.close();
    }

    /** Reads on until an event of this type is as wished. */
    private <E extends RtnetlinkEvent> E await(Class<E> type, Predicate<E> wished) {
        while (true) {
            Optional<Notification<RtnetlinkEvent>> next = events.next(Duration.ofSeconds(10));
            assertThat(next)
                    .as("a %s before ten seconds were over", type.getSimpleName())
                    .isPresent();
            if (next.orElseThrow() instanceof Notification.Event<RtnetlinkEvent>(RtnetlinkEvent event)
                    && type.isInstance(event)
                    && wished.test(type.cast(event))) {
                return type.cast(event);
            }
        }
    }

    @Test
    void aLinkComesChangesAndGoes() {
        Link a = sandbox.veth("a", "b");
        await(
                LinkEvent.class,
                e -> e.change() == Change.NEW && e.link().ifname().equals("a"));
        sandbox.rtnl().links().change(a.ifindex(), LinkSpec.empty().mtu(1300));
        await(LinkEvent.class, e -> e.link().mtu().orElse(0) == 1300);
        sandbox.rtnl().links().delete(a.ifindex());
        LinkEvent gone =
                await(LinkEvent.class, e -> e.change() == Change.DEL && e.link().ifindex() == a.ifindex());
        assertThat(gone.link().ifname()).isEqualTo("a");
        assertThat(gone.link().newNetnsid()).isEmpty();
    }

    @Test
    void aLinkThatMovesSaysWhereTo() {
        try (Sandbox other = Sandbox.create()) {
            Link a = sandbox.veth("a", "b");
            sandbox.rtnl().links().move(a.ifindex(), other.namespace());
            LinkEvent gone = await(LinkEvent.class, e -> e.change() == Change.DEL);
            int nsid = sandbox.rtnl().namespaceIds().find(other.namespace()).orElseThrow();
            assertThat(gone.link().newNetnsid()).hasValue(nsid);
            assertThat(gone.link().newIfindex())
                    .hasValue(other.rtnl().links().get("a").ifindex());
        }
    }

    @Test
    void aPortThatLeavesItsBridgeIsNotGone() {
        Link bridge = sandbox.rtnl()
                .links()
                .create(LinkSpec.named("br0").kind("bridge").up());
        Link a = sandbox.rtnl()
                .links()
                .create(LinkSpec.named("a")
                        .veth(LinkSpec.named("b"))
                        .master(bridge.ifindex())
                        .up());
        sandbox.rtnl().links().change(a.ifindex(), LinkSpec.empty().master(0));
        sandbox.rtnl().links().create(LinkSpec.named("last").veth(LinkSpec.empty()));
        await(LinkEvent.class, e -> {
            assertThat(e.change()).isEqualTo(Change.NEW);
            return e.link().ifname().equals("last");
        });
    }

    @Test
    void addressesRoutesAndNeighboursComeAndGo() {
        Rtnetlink rtnl = sandbox.rtnl();
        int a = sandbox.veth("a", "b").ifindex();
        rtnl.links().up(a);
        rtnl.links().up(rtnl.links().get("b").ifindex());
        for (String[] plan :
                new String[][] {{"10.0.0.1/24", "10.1.0.0/16", "10.0.0.2"}, {"fd00::1/64", "fd00:1::/32", "fd00::2"}}) {
            IpPrefix prefix = IpPrefix.parse(plan[0]);
            RouteSpec route = RouteSpec.to(IpPrefix.parse(plan[1])).via(IpAddress.parse(plan[2]));
            IpAddress host = IpAddress.parse(plan[2]);

            rtnl.addresses().add(a, AddressSpec.of(prefix).nodad());
            await(
                    AddressEvent.class,
                    e -> e.change() == Change.NEW && e.address().prefix().equals(Optional.of(prefix)));
            rtnl.routes().add(route);
            await(
                    RouteEvent.class,
                    e -> e.change() == Change.NEW && e.route().gateway().equals(Optional.of(host)));
            rtnl.neighbours().add(NeighbourSpec.permanent(a, host, HardwareAddress.parse("02:00:5e:10:00:01")));
            await(
                    NeighbourEvent.class,
                    e -> e.change() == Change.NEW && e.neighbour().dst().equals(Optional.of(host)));

            rtnl.neighbours().delete(a, host);
            await(
                    NeighbourEvent.class,
                    e -> e.change() == Change.DEL && e.neighbour().dst().equals(Optional.of(host)));
            rtnl.routes().delete(route);
            await(
                    RouteEvent.class,
                    e -> e.change() == Change.DEL && e.route().gateway().equals(Optional.of(host)));
            rtnl.addresses().delete(a, prefix);
            await(
                    AddressEvent.class,
                    e -> e.change() == Change.DEL && e.address().prefix().equals(Optional.of(prefix)));
        }
    }

    @Test
    void anIdOfANamespaceComesAndGoesWithIt() {
        int nsid;
        try (Sandbox other = Sandbox.create()) {
            nsid = sandbox.rtnl().namespaceIds().assign(other.namespace());
            await(NamespaceIdEvent.class, e -> e.change() == Change.NEW && e.id().nsid() == nsid);
        }
        await(NamespaceIdEvent.class, e -> e.change() == Change.DEL && e.id().nsid() == nsid);
    }

    @Test
    void whatNobodyAskedForIsNotHeard() {
        try (NotificationSocket<RtnetlinkEvent> few =
                RtnetlinkMonitor.open(sandbox.namespace(), 0, EnumSet.of(Group.NAMESPACE_ID))) {
            sandbox.veth("a", "b");
            assertThat(few.poll()).isEmpty();
        }
    }
}
