package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.fixture.Commands;
import dev.qlease.lease.LeaseInfo.Status;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A lease is made and closed on a thread that was interrupted, and closed again after a failure. */
@Tag("vm")
class InterruptVmTest extends LeaseScene {
    @AfterEach
    void clearTheFlag() {
        Thread.interrupted();
    }

    @ParameterizedTest
    @EnumSource(
            value = Redirect.class,
            names = {"BPF", "FORWARD"})
    void anInterruptedThreadClosesItsLease(Redirect redirect) {
        Lease lease = leases().create(guest().spec().redirect(redirect).build());
        Thread.currentThread().interrupt();
        lease.close();
        assertThat(Thread.interrupted()).as("the flag is still set").isTrue();
        assertThat(leases().list()).isEmpty();
        before().assertRestored();
    }

    @Test
    void anInterruptedThreadDoesAllElse() {
        Thread.currentThread().interrupt();
        LeasePlan plan = leases().plan(guest().spec().build());
        Lease lease = plan.apply();
        assertThat(leases().list()).extracting(LeaseInfo::status).containsExactly(Status.READY);
        assertThat(violations("ql0")).isEmpty();
        leases().delete(lease.info().name());
        leases().create(guest().spec().build()).close();
        assertThat(Thread.interrupted()).as("the flag is still set").isTrue();
        assertThat(leases().list()).isEmpty();
        before().assertRestored();
    }

    @Test
    void aThreadThatIsInterruptedMeanwhileFinishes() throws InterruptedException {
        for (int delay = 0; delay < 200; delay += 40) {
            Thread worker = Thread.ofPlatform().start(() -> {
                try (Lease lease = leases().create(guest().spec().build())) {
                    assertThat(lease.queues()).hasSize(1);
                }
            });
            Thread.sleep(delay);
            worker.interrupt();
            worker.join(60_000);
            assertThat(worker.isAlive()).isFalse();
            assertThat(leases().list()).isEmpty();
        }
        before().assertRestored();
    }

    @Test
    void whatCouldNotBeClosedIsClosedAgain() {
        Lease lease = leases().create(guest().spec().count(2).build());
        Commands.script("ethtool -N qnic0 flow-type tcp4 dst-port 77 context 1 loc 60");
        assertThatThrownBy(lease::close)
                .isInstanceOfSatisfying(
                        LeaseException.class, e -> assertThat(e.notUndone()).hasSize(1))
                .hasMessageContaining("(EBUSY)");
        assertThat(leases().find("ql0").orElseThrow().status()).isNotEqualTo(Status.READY);
        Commands.script("ethtool -N qnic0 delete 60");
        lease.close();
        assertThat(leases().list()).isEmpty();
        lease.close();
        before().assertRestored();
    }

    @Test
    void aKeptLeaseIsNotClosed() {
        Lease lease = leases().create(guest().spec().build()).keep();
        lease.close();
        assertThat(leases().find("ql0").orElseThrow().status()).isEqualTo(Status.READY);
    }
}
