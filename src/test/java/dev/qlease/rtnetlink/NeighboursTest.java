package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Neighbours on the kernel of this machine, in a namespace of the test's own. */
@Tag("host")
class NeighboursTest {
    private static final IpAddress FOUR = IpAddress.parse("10.0.0.2");
    private static final IpAddress SIX = IpAddress.parse("fd00::2");
    private static final HardwareAddress ONE = HardwareAddress.parse("02:00:5e:10:00:01");
    private static final HardwareAddress OTHER = HardwareAddress.parse("02:00:5e:10:00:02");

    private Sandbox sandbox;
    private Neighbours neighbours;
    private int ifindex;

    @BeforeEach
    void enter() {
        sandbox = Sandbox.create();
        neighbours = sandbox.rtnl().neighbours();
        ifindex = sandbox.veth("a", "b").ifindex();
        sandbox.rtnl().links().up(ifindex);
        sandbox.rtnl().addresses().add(ifindex, IpPrefix.parse("10.0.0.1/24"));
    }

    @AfterEach
    void leave() {
        sandbox.close();
    }

    @Test
    void aPermanentNeighbourIsThereUntilItIsDeleted() {
        for (IpAddress host : new IpAddress[] {FOUR, SIX}) {
            neighbours.add(NeighbourSpec.permanent(ifindex, host, ONE));
            Neighbour neighbour = neighbours.get(ifindex, host);
            assertThat(neighbour.ifindex()).isEqualTo(ifindex);
            assertThat(neighbour.family()).isEqualTo(AddressFamily.of(host));
            assertThat(neighbour.dst()).contains(host);
            assertThat(neighbour.lladdr()).contains(ONE);
            assertThat(neighbour.state()).isEqualTo(NeighbourState.PERMANENT);
            assertThat(neighbour.type()).isEqualTo(RouteType.UNICAST);
            assertThat(neighbour.cacheinfo()).isPresent();
            assertThat(neighbour.unknown()).isEmpty();

            neighbours.replace(NeighbourSpec.permanent(ifindex, host, OTHER));
            assertThat(neighbours.get(ifindex, host).lladdr()).contains(OTHER);
            neighbours.delete(ifindex, host);
            assertThat(neighbours.list()).noneMatch(n -> n.lladdr().equals(Optional.of(OTHER)));
        }
    }

    @Test
    void someNeighboursCanBeListed() {
        int other = sandbox.rtnl().links().get("b").ifindex();
        sandbox.rtnl().links().up(other);
        neighbours.add(NeighbourSpec.permanent(ifindex, FOUR, ONE));
        neighbours.add(NeighbourSpec.permanent(other, SIX, ONE).flags(NeighbourFlags.ROUTER));
        assertThat(neighbours.list(NeighbourFilter.ALL.family(AddressFamily.INET)))
                .singleElement()
                .satisfies(n -> assertThat(n.dst()).contains(FOUR));
        assertThat(neighbours.list(NeighbourFilter.ALL.ifindex(other)))
                .filteredOn(n -> n.dst().equals(Optional.of(SIX)))
                .singleElement()
                .satisfies(n -> assertThat(n.flags()).isEqualTo(NeighbourFlags.ROUTER));
        assertThat(neighbours.list(NeighbourFilter.ALL.ifindex(ifindex))).allMatch(n -> n.ifindex() == ifindex);
    }

    @Test
    void anotherStateIsAPassingOne() {
        neighbours.add(NeighbourSpec.permanent(ifindex, FOUR, ONE).state(NeighbourState.STALE));
        assertThat(neighbours.get(ifindex, FOUR).state()).isEqualTo(NeighbourState.STALE);
    }

    @Test
    void anAddressThatThisMachineAnswersForIsListedByItself() {
        neighbours.add(NeighbourSpec.proxy(ifindex, FOUR));
        assertThat(neighbours.list()).noneMatch(n -> n.dst().equals(Optional.of(FOUR)));
        assertThat(neighbours.list(NeighbourFilter.ALL.onlyProxies()))
                .singleElement()
                .satisfies(n -> assertThat(n.flags().has(NeighbourFlags.PROXY)).isTrue());
        neighbours.deleteProxy(ifindex, FOUR);
        assertThat(neighbours.list(NeighbourFilter.ALL.onlyProxies())).isEmpty();
    }

    @Test
    void whatTheKernelRefusesNamesTheNeighbour() {
        neighbours.add(NeighbourSpec.permanent(ifindex, FOUR, ONE));
        assertThatThrownBy(() -> neighbours.add(NeighbourSpec.permanent(ifindex, FOUR, ONE)))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.EEXIST)).isTrue())
                .hasMessageStartingWith("newneigh 10.0.0.2 on link " + ifindex + ": ");
        assertThatThrownBy(() -> neighbours.get(ifindex, SIX))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ENOENT)).isTrue())
                .hasMessageStartingWith("getneigh fd00::2 on link " + ifindex + ": ");
        assertThatThrownBy(() -> neighbours.delete(ifindex, SIX))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ENOENT)).isTrue());
        assertThatThrownBy(() -> neighbours.add(NeighbourSpec.permanent(ifindex, SIX, HardwareAddress.parse("02:00"))))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("Invalid link address");
    }
}
