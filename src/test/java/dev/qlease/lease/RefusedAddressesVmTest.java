package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.MachineState;
import dev.qlease.rtnetlink.IpPrefix;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses that would cut the host or others off are refused before anything is changed. */
@Tag("vm")
class RefusedAddressesVmTest extends LeaseScene {
    private LeaseSpec.Builder spec() {
        return LeaseSpec.of("qnic0", guest().netns());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "192.0.2.1/24",
                "192.0.2.1/32",
                "2001:db8:1::1/64",
                "127.0.0.1/8",
                "127.1.2.3/32",
                "::1/128",
                "0.0.0.0/0",
                "0.0.0.0/32",
                "0.1.2.3/8",
                "::/128",
                "::/0",
                "224.0.0.5/24",
                "239.255.255.250/32",
                "ff02::1/64",
                "ff0e::1:2/128",
                "255.255.255.255/32",
                "192.0.2.255/24",
                "198.18.0.255/24",
                "198.18.0.0/24",
                "240.0.0.1/4",
                "::ffff:198.18.0.2/128",
                "fe80::1/64",
                "169.254.1.1/16",
            })
    void anAddressThatNoGuestCanHaveIsRefused(String address) {
        for (Redirect redirect : new Redirect[] {Redirect.BPF, Redirect.FORWARD}) {
            assertRefused(
                    () -> leases().plan(spec().address(IpPrefix.parse(address))
                            .redirect(redirect)
                            .build()),
                    address.substring(0, address.indexOf('/')));
        }
        assertThat(before().changesTo(MachineState.read())).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Redirect.class,
            names = {"BPF", "FORWARD"})
    void anAddressOfAnyDeviceOfTheHostIsRefused(Redirect redirect) {
        Commands.script("""
                ip link add adv type dummy
                ip address add 203.0.113.77/24 dev adv
                ip -6 address add 2001:db8:77::77/64 dev adv nodad
                ip link set adv up
                """);
        try {
            for (String address : new String[] {"203.0.113.77/24", "203.0.113.255/32", "2001:db8:77::77/128"}) {
                assertRefused(
                        () -> leases().plan(spec().address(IpPrefix.parse(address))
                                .redirect(redirect)
                                .build()),
                        address.substring(0, address.indexOf('/')));
            }
        } finally {
            Commands.run("ip", "link", "delete", "adv");
        }
    }

    @Test
    void theGatewayOfTheNicIsRefused() {
        Commands.script("""
                ip route add default via 192.0.2.254 dev qnic0
                ip -6 route add default via 2001:db8:1::fe dev qnic0
                ip route add 203.0.113.0/24 nexthop via 192.0.2.252 dev qnic0 nexthop via 192.0.2.253 dev qnic0
                ip route add 198.51.100.0/24 via inet6 2001:db8:1::fd dev qnic0
                """);
        try {
            for (String address : new String[] {
                "192.0.2.254/24", "192.0.2.252/32", "192.0.2.253/32", "2001:db8:1::fe/64", "2001:db8:1::fd/128"
            }) {
                assertRefused(
                        () -> leases().plan(
                                        spec().address(IpPrefix.parse(address)).build()),
                        address.substring(0, address.indexOf('/')));
            }
        } finally {
            Commands.script("""
                    ip route del default via 192.0.2.254 dev qnic0
                    ip -6 route del default via 2001:db8:1::fe dev qnic0
                    ip route del 203.0.113.0/24
                    ip route del 198.51.100.0/24
                    """);
        }
    }

    /** Nothing goes there by the host's routes: the guest may have it. */
    @ParameterizedTest
    @ValueSource(strings = {"unreachable", "prohibit", "blackhole", "throw"})
    void anAddressThatTheHostLeadsNowhereIsTaken(String type) {
        Commands.run("ip", "route", "add", type, "198.18.0.0/15");
        try {
            assertThat(leases().plan(guest().spec().build()).steps()).isNotEmpty();
        } finally {
            Commands.run("ip", "route", "del", type, "198.18.0.0/15");
        }
    }

    @ParameterizedTest
    @CsvSource({"198.18.0.2/24, 198.18.0.2/32", "2001:db8:2::2/64, 2001:db8:2::2/128", "10.9.0.2/24, 10.9.0.2/16"})
    void oneAddressWithTwoLengthsIsRefused(String one, String two) {
        assertRefused(
                () -> leases().plan(spec().address(IpPrefix.parse(one))
                        .address(IpPrefix.parse(two))
                        .build()),
                one.substring(0, one.indexOf('/')));
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.18.0.2/24", "198.18.0.2/32", "2001:db8:2::2/64", "2001:db8:2::2/127"})
    void theAddressOfAnotherLeaseIsRefused(String address) {
        try (Lease lease = leases().create(guest().spec().build());
                Guest other = Guest.create()) {
            assertThat(lease.info().addresses()).hasSize(2);
            assertRefused(
                    () -> leases().plan(LeaseSpec.of("qnic0", other.netns())
                            .address(IpPrefix.parse(address))
                            .build()),
                    address.substring(0, address.indexOf('/')),
                    "ql0");
        }
    }

    @Test
    void addressesOfTheNicsOwnNetworkThatNothingHasAreTaken() {
        LeaseSpec spec = spec().address(IpPrefix.parse("192.0.2.77/24"))
                .address(IpPrefix.parse("2001:db8:1::77/64"))
                .build();
        try (Lease lease = leases().create(spec)) {
            assertThat(lease.info().addresses()).containsExactly("192.0.2.77/24", "2001:db8:1::77/64");
            assertThat(Commands.run("ip", "route", "get", "192.0.2.2")).contains("dev qnic0");
        }
    }

    @ParameterizedTest
    @CsvSource({"all", "default", "all default"})
    void aGuestWithIpv6SwitchedOffIsPreparedOrToldOfThat(String where) throws Exception {
        for (String name : where.split(" ")) {
            Commands.run(
                    "ip", "netns", "exec", guest().name(), "sysctl", "-q", "net.ipv6.conf." + name + ".disable_ipv6=1");
        }
        try (Lease lease = leases().create(guest().spec().build())) {
            byte[] bytes = Guest.random(4097);
            assertThat(guest().carry(lease, Guest.REMOTE6, bytes)).isEqualTo(bytes);
        }
    }
}
