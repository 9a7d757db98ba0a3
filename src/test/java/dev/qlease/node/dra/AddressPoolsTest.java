package dev.qlease.node.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.netlink.IpAddress;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressPoolsTest {
    @Test
    void eachPoolGivesAnAddressThatNobodyElseHas() {
        AddressPools pools = AddressPools.parse("198.51.100.0/24, 2001:db8:2::/64");
        assertThat(pools.assign(Set.of())).containsExactly("198.51.100.2/24", "2001:db8:2::2/64");
        assertThat(pools.assign(Set.of(IpAddress.parse("198.51.100.2"), IpAddress.parse("2001:db8:2::2"))))
                .containsExactly("198.51.100.3/24", "2001:db8:2::3/64");
    }

    @Test
    void theNetworksOwnAddressItsRoutersAndTheBroadcastAddressAreNotAssigned() {
        AddressPools pools = AddressPools.parse("10.0.0.0/30");
        assertThat(pools.assign(Set.of())).containsExactly("10.0.0.2/30");
        assertThatExceptionOfType(DraException.class)
                .isThrownBy(() -> pools.assign(Set.of(IpAddress.parse("10.0.0.2"))))
                .withMessage("address pool 10.0.0.0/30 has no free address");
    }

    @Test
    void aPoolIsUsedUp() {
        AddressPools pools = AddressPools.parse("255.255.255.0/24");
        Set<IpAddress> taken = new HashSet<>();
        for (int i = 0; i < 253; i++) {
            String address = pools.assign(taken).getFirst();
            assertThat(taken.add(AddressPools.addressOf(address).orElseThrow())).isTrue();
        }
        assertThat(taken).doesNotContain(IpAddress.parse("255.255.255.255"), IpAddress.parse("255.255.255.0"));
        assertThatExceptionOfType(DraException.class).isThrownBy(() -> pools.assign(taken));
    }

    @Test
    void noPoolsGiveNothing() {
        assertThat(AddressPools.parse("").isEmpty()).isTrue();
        assertThat(AddressPools.parse("  , ").isEmpty()).isTrue();
    }

    @Test
    void addressesOfAPoolAreKnown() {
        AddressPools pools = AddressPools.parse("198.51.100.0/24");
        assertThat(pools.contains(IpAddress.parse("198.51.100.77"))).isTrue();
        assertThat(pools.contains(IpAddress.parse("198.51.101.77"))).isFalse();
        assertThat(pools.contains(IpAddress.parse("::ffff:1"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"198.51.100.1/24", "198.51.100.0/31", "198.51.100.0", "pool", "10.0.0.0/33", "10.0.0.0/24;"})
    void anInvalidPoolIsNamed(String pool) {
        assertThatExceptionOfType(DraException.class)
                .isThrownBy(() -> AddressPools.parse("192.0.2.0/24 " + pool))
                .withMessageContaining(pool);
    }
}
