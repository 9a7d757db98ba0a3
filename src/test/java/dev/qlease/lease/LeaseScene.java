package dev.qlease.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.fixture.MachineState;
import dev.qlease.linux.LinuxException;
import dev.qlease.net.NoSuchLinkException;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A guest and the leases of the host; after each test all leases are deleted, and the machine is as it was before. */
abstract class LeaseScene {
    private Guest guest;
    private Leases leases;
    private MachineState before;

    @BeforeEach
    void openScene() {
        guest = Guest.create();
        leases = Leases.open();
        before = MachineState.read();
    }

    @AfterEach
    void closeScene() {
        try {
            leases.list().forEach(info -> leases.delete(info.name()));
            before.assertRestored();
        } finally {
            leases.close();
            guest.close();
        }
    }

    Guest guest() {
        return guest;
    }

    Leases leases() {
        return leases;
    }

    /** What is not as it has to be with a lease; it is shown with its status, too. */
    List<String> violations(String name) {
        List<String> problems = leases.verify(name);
        LeaseInfo info = leases.find(name).orElseThrow();
        assertThat(info.problems()).isEqualTo(problems);
        assertThat(info.status() == LeaseInfo.Status.READY).isEqualTo(problems.isEmpty());
        return problems;
    }

    /**
     * Has something refused, in a sentence that has these words, by the kernel or by us but not by a fault of the
     * program.
     */
    static void assertRefused(ThrowingCallable refused, String... words) {
        var thrown = assertThatThrownBy(refused)
                .isInstanceOfAny(
                        LeaseRefusedException.class,
                        LinuxException.class,
                        NoSuchLinkException.class,
                        LeaseException.class,
                        IllegalArgumentException.class);
        for (String word : words) {
            thrown.hasMessageContaining(word);
        }
    }

    /** The state in which the test found the machine. */
    MachineState before() {
        return before;
    }
}
