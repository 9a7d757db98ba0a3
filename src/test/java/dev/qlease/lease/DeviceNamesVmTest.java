package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.fixture.Commands;
import dev.qlease.fixture.Commands.Outcome;
import dev.qlease.rtnetlink.Rtnetlink;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A NIC is found by its name, by another name of it, or by its number, in this order. */
@Tag("vm")
class DeviceNamesVmTest extends LeaseScene {
    private static final String QLEASE = "target/qlease/bin/qlease";

    private void assertIsTheNic(String text, String name) {
        LeaseSpec spec =
                LeaseSpec.of(text, guest().netns()).address(Guest.ADDRESS4).build();
        try (Lease lease = leases().create(spec)) {
            assertThat(lease.info().nic()).isEqualTo(name);
        }
        Outcome created = Commands.outcome(
                QLEASE,
                "lease",
                "create",
                "--nic",
                text,
                "--netns",
                guest().name(),
                "--address",
                "198.18.0.2/24",
                "--dry-run");
        assertThat(created).extracting(Outcome::status).as(created.output()).isEqualTo(0);
        assertThat(created.output()).contains(name);
        Outcome queues = Commands.outcome(QLEASE, "queues", text);
        assertThat(queues).extracting(Outcome::status).as(queues.output()).isEqualTo(0);
    }

    private static int nic() {
        try (Rtnetlink rtnetlink = Rtnetlink.open()) {
            return rtnetlink.links().get("qnic0").ifindex();
        }
    }

    @Test
    void aNumberIsTheNicOfThatNumber() {
        assertIsTheNic(Integer.toString(nic()), "qnic0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"port-0", "enp0s1np0-of-a-long-name", "5000", "1", "café"})
    void anotherNameIsTheNicThatHasIt(String altname) {
        Commands.run("ip", "link", "property", "add", "dev", "qnic0", "altname", altname);
        try {
            assertIsTheNic(altname, "qnic0");
        } finally {
            Commands.run("ip", "link", "property", "del", "dev", "qnic0", "altname", altname);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "007", "123456789012345", "4294967297"})
    void aNameThatIsANumberIsTheNicOfThatName(String name) {
        Commands.run("ip", "link", "set", "qnic0", "name", name);
        try {
            assertIsTheNic(name, name);
        } finally {
            Commands.run("ip", "link", "set", name, "name", "qnic0");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "99999",
                "4294967298",
                "-1",
                "qnic9",
                "",
                " qnic0",
                "qnic0 ",
                "0x2",
                "a-name-that-no-device-can-have"
            })
    void whatIsNoDeviceIsRefused(String text) {
        assertRefused(() -> leases().plan(LeaseSpec.of(text, guest().netns())
                .address(Guest.ADDRESS4)
                .build()));
    }
}
