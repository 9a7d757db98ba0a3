package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.linux.Errno;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NetlinkException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Addresses on the kernel of this machine, in a namespace of the test's own. */
@Tag("host")
class AddressesTest {
    private static final IpPrefix FOUR = IpPrefix.parse("10.0.0.1/24");
    private static final IpPrefix SIX = IpPrefix.parse("fd00:0:0:1::1/64");

    private Sandbox sandbox;
    private Addresses addresses;
    private int ifindex;

    @BeforeEach
    void enter() {
        sandbox = Sandbox.create();
        addresses = sandbox.rtnl().addresses();
        ifindex = sandbox.veth("a", "b").ifindex();
    }

    @AfterEach
    void leave() {
        sandbox.close();
    }

    @Test
    void anIpv4AddressIsThereAfterItWasAdded() {
        addresses.add(ifindex, FOUR);
        assertThat(addresses.list()).singleElement().satisfies(address -> {
            assertThat(address.ifindex()).isEqualTo(ifindex);
            assertThat(address.family()).isEqualTo(AddressFamily.INET);
            assertThat(address.prefix()).contains(FOUR);
            assertThat(address.local()).contains(FOUR.address());
            assertThat(address.label()).contains("a");
            assertThat(address.scope()).isEqualTo(Scope.UNIVERSE);
            assertThat(address.flags()).isEqualTo(AddressFlags.PERMANENT);
            assertThat(address.cacheinfo().map(AddressLifetime::valid)).contains(AddressLifetime.FOREVER);
            assertThat(address.unknown()).isEmpty();
        });
        addresses.delete(ifindex, FOUR);
        assertThat(addresses.list()).isEmpty();
    }

    @Test
    void anIpv6AddressIsThereAfterItWasAdded() {
        sandbox.rtnl().links().up(ifindex);
        sandbox.rtnl().links().up(sandbox.rtnl().links().get("b").ifindex());
        addresses.add(ifindex, AddressSpec.of(SIX).nodad().noprefixroute());
        assertThat(addresses.list(AddressFilter.ALL.family(AddressFamily.INET6).ifindex(ifindex)))
                .filteredOn(address -> address.prefix().equals(Optional.of(SIX)))
                .singleElement()
                .satisfies(address -> {
                    assertThat(address.family()).isEqualTo(AddressFamily.INET6);
                    assertThat(address.flags())
                            .isEqualTo(AddressFlags.PERMANENT
                                    .and(AddressFlags.NODAD)
                                    .and(AddressFlags.NOPREFIXROUTE));
                    assertThat(address.unknown()).isEmpty();
                });
        addresses.delete(ifindex, SIX);
        assertThat(addresses.list(ifindex))
                .noneMatch(address -> address.prefix().equals(Optional.of(SIX)));
    }

    @Test
    void oneLinkOrOneFamilyCanBeListed() {
        int other = sandbox.rtnl().links().get("b").ifindex();
        addresses.add(ifindex, FOUR);
        addresses.add(ifindex, SIX);
        addresses.add(other, IpPrefix.parse("10.0.1.1/24"));
        assertThat(addresses.list()).hasSize(3);
        assertThat(addresses.list(ifindex))
                .extracting(Address::prefix)
                .map(p -> p.orElseThrow())
                .containsExactly(FOUR, SIX);
        assertThat(addresses.list(other)).hasSize(1);
        assertThat(addresses.list(AddressFilter.ALL.family(AddressFamily.INET))).hasSize(2);
        assertThat(addresses.list(AddressFilter.ALL.family(AddressFamily.INET6)))
                .hasSize(1);
    }

    @Test
    void theAddressesOfAnotherNamespaceCanBeListedByItsId() {
        try (Sandbox other = Sandbox.create()) {
            int lo = other.rtnl().links().get("lo").ifindex();
            other.rtnl().addresses().add(lo, FOUR);
            int nsid = sandbox.rtnl().namespaceIds().assign(other.namespace());
            assertThat(addresses.list(AddressFilter.ALL.targetNetnsid(nsid)))
                    .singleElement()
                    .satisfies(address -> {
                        assertThat(address.prefix()).contains(FOUR);
                        assertThat(address.targetNetnsid()).hasValue(nsid);
                    });
        }
    }

    @Test
    void allThatCanBeSaidOfAnAddressIsKept() {
        addresses.add(
                ifindex,
                AddressSpec.of(IpPrefix.parse("10.0.0.1/30"))
                        .peer(IpAddress.parse("10.0.0.2"))
                        .broadcast(IpAddress.parse("10.0.0.3"))
                        .label("a:0")
                        .scope(Scope.LINK)
                        .rtPriority(77)
                        .lifetime(Duration.ofHours(2), Duration.ofHours(1)));
        assertThat(addresses.list()).singleElement().satisfies(address -> {
            assertThat(address.local()).contains(IpAddress.parse("10.0.0.1"));
            assertThat(address.address()).contains(IpAddress.parse("10.0.0.2"));
            assertThat(address.broadcast()).contains(IpAddress.parse("10.0.0.3"));
            assertThat(address.label()).contains("a:0");
            assertThat(address.scope()).isEqualTo(Scope.LINK);
            assertThat(address.rtPriority()).hasValue(77);
            assertThat(address.flags()).isEqualTo(AddressFlags.NONE);
            assertThat(address.cacheinfo()).hasValueSatisfying(lifetime -> {
                assertThat(lifetime.valid()).isBetween(7190L, 7200L);
                assertThat(lifetime.prefered()).isBetween(3590L, 3600L);
            });
        });
    }

    @Test
    void aReplacedAddressLivesOnWithItsNewLifetime() {
        addresses.add(ifindex, AddressSpec.of(SIX).lifetime(Duration.ofMinutes(5), Duration.ofMinutes(5)));
        addresses.replace(ifindex, AddressSpec.of(SIX).lifetime(Duration.ofSeconds(Long.MAX_VALUE), Duration.ZERO));
        assertThat(addresses.list(ifindex)).singleElement().satisfies(address -> {
            assertThat(address.flags().has(AddressFlags.DEPRECATED)).isTrue();
            assertThat(address.cacheinfo().map(AddressLifetime::valid)).contains(AddressLifetime.FOREVER);
            assertThat(address.cacheinfo().map(AddressLifetime::prefered)).contains(0L);
        });
    }

    @Test
    void whatTheKernelRefusesNamesTheAddressAndTheLink() {
        addresses.add(ifindex, FOUR);
        assertThatThrownBy(() -> addresses.add(ifindex, FOUR))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.EEXIST)).isTrue())
                .hasMessage("newaddr 10.0.0.1/24 of link " + ifindex + ": ipv4: Address already assigned (EEXIST)");
        assertThatThrownBy(() -> addresses.delete(ifindex, IpPrefix.parse("10.9.0.1/24")))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.EADDRNOTAVAIL)).isTrue())
                .hasMessageStartingWith("deladdr 10.9.0.1/24 of link " + ifindex + ": ");
        assertThatThrownBy(() -> addresses.add(77, FOUR))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ENODEV)).isTrue())
                .hasMessageStartingWith("newaddr 10.0.0.1/24 of link 77: ");
        assertThatThrownBy(() -> addresses.list(77))
                .isInstanceOfSatisfying(
                        NetlinkException.class,
                        e -> assertThat(e.is(Errno.ENODEV)).isTrue())
                .hasMessageStartingWith("getaddr link 77: ");
        assertThatThrownBy(() -> addresses.add(ifindex, IpPrefix.parse("ff02::1/64")))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("ipv6: Cannot assign multicast address without \"IFA_F_MCAUTOJOIN\" flag");
    }

    @Test
    void aLifetimeIsNotNegative() {
        assertThatThrownBy(() -> AddressSpec.of(FOUR).lifetime(Duration.ofSeconds(-1), Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
