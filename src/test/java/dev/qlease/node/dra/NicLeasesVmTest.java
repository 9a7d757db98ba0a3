package dev.qlease.node.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.fixture.MachineState;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.node.dra.PreparedClaim.Share;
import dev.qlease.node.dra.ShareLeases.Attached;
import dev.qlease.rtnetlink.Sandbox;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Claims reserve and lease what is published, and what is published includes it. */
@Tag("vm")
@Timeout(300)
class NicLeasesVmTest {
    private static final String OWNER = "dra:a-uid:0";

    private static Share share(String device, int queues) {
        return new Share("queue", "node1", device, "", queues, "nk0", List.of("198.18.0.2/24"), "{}", List.of());
    }

    @Test
    void aClaimHasItsQueuesThroughAllSandboxesAndNoMoreThanArePublished() {
        MachineState before = MachineState.read();
        try (NetworkNamespace home = NetworkNamespace.ofCaller();
                Leases leases = Leases.open()) {
            NicInventory nics = new NicInventory(home, leases);
            NodeNic nic = nics.list().getFirst();
            NicLeases shares = new NicLeases(home, leases, nics);
            assertThatExceptionOfType(DraException.class)
                    .isThrownBy(() -> shares.reserve(share(nic.device(), nic.queues() + 1), OWNER))
                    .withMessageContaining("queues of");
            before.assertRestored();
            Share share = share(nic.device(), nic.queues());
            shares.reserve(share, OWNER);
            shares.reserve(share, OWNER);
            assertThat(shares.reserved(OWNER::equals)).containsExactly(OWNER);
            assertThat(shares.held(OWNER::equals)).isEmpty();
            assertThat(nics.list().getFirst().queues()).isEqualTo(nic.queues());
            MachineState prepared = MachineState.read();
            for (int i = 0; i < 2; i++) {
                try (Sandbox pod = Sandbox.create()) {
                    Attached attached =
                            shares.create(share, OWNER, pod.namespace().path());
                    assertThat(attached.queues()).hasSize(nic.queues());
                    assertThat(nics.list().getFirst().queues()).isEqualTo(nic.queues());
                    shares.delete(OWNER::equals);
                }
                prepared.assertRestored();
            }
            shares.release(OWNER::equals);
        }
        before.assertRestored();
    }
}
