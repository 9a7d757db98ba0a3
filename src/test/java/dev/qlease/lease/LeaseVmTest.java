package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.rtnetlink.NetkitMode;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Leases of qnic0, and device memory through them to an ordinary receiver behind the other port. */
@Tag("vm")
class LeaseVmTest {
    private Guest guest;
    private Leases leases;

    @BeforeEach
    void open() {
        guest = Guest.create();
        leases = Leases.open();
    }

    @AfterEach
    void close() {
        leases.close();
        guest.close();
    }

    @ParameterizedTest
    @CsvSource({"BPF, l2", "BPF, l3", "FORWARD, l2", "FORWARD, l3"})
    void deviceMemoryGoesThroughIt(Redirect redirect, String mode) throws Exception {
        LeaseSpec spec = guest.spec()
                .redirect(redirect)
                .mode(mode.equals("l2") ? NetkitMode.L2 : NetkitMode.L3)
                .build();
        LeasePlan plan = leases.plan(spec);
        try (Lease lease = plan.apply()) {
            for (String address : new String[] {Guest.REMOTE4, Guest.REMOTE6}) {
                for (int length : new int[] {1, 4095, 4096, 4097, 65537}) {
                    byte[] bytes = new byte[length];
                    new Random(length).nextBytes(bytes);
                    assertThat(guest.carry(lease, address, bytes)).isEqualTo(bytes);
                }
            }
        }
    }
}
