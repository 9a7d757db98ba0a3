package dev.qlease.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SendMemoryTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "false | false | use a NIC whose driver supports it, or a netkit guest with a leased queue",
                "true | false | lease a queue of a NIC to it first: qlease lease create, with Linux 7.2 or newer",
                "true | true | through its leased queue it takes Linux 7.2 or newer, and a NIC whose driver supports it",
            })
    void theWayOutIsThatOfTheDevice(boolean guest, boolean leased, String wayOut) {
        assertThat(SendMemory.wayOut(guest, leased)).isEqualTo(wayOut);
    }
}
