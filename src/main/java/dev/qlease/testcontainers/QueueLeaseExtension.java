package dev.qlease.testcontainers;

import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netdev.Netdev;
import dev.qlease.netdev.NetdevFeature;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/**
 * Leases a NIC's queues to the containers of a test, and deletes the leases after it. Register it as a field with
 * {@code @RegisterExtension}; a static field requires tests that run one after the other.
 *
 * <p>Tests are skipped, with the reason, if no NIC is named, the kernel does not support queue leases, or there is no
 * container engine. Any other problem fails them.
 */
public final class QueueLeaseExtension implements ExecutionCondition, AfterEachCallback {
    /** The system property that names the NIC, for {@link #ofProperty()}. */
    public static final String PROPERTY = "qlease.nic";

    private final @Nullable String nic;
    private @Nullable ContainerLeases leases;

    private QueueLeaseExtension(@Nullable String nic) {
        this.nic = nic;
    }

    /** Leases queues of {@code nic}, a device in this process's network namespace. */
    public static QueueLeaseExtension of(String nic) {
        return new QueueLeaseExtension(nic);
    }

    /** Leases queues of the NIC that the system property {@value #PROPERTY} names. */
    public static QueueLeaseExtension ofProperty() {
        return new QueueLeaseExtension(System.getProperty(PROPERTY));
    }

    /**
     * Returns the name of the NIC.
     *
     * @throws IllegalStateException if none was named
     */
    public String nic() {
        if (nic == null) {
            throw new IllegalStateException("no NIC was named: set -D" + PROPERTY);
        }
        return nic;
    }

    /** As {@link ContainerLeases#lease(GenericContainer, String...)}; the lease is deleted at the end of the test. */
    public Lease lease(GenericContainer<?> container, String... addresses) {
        return leases().lease(container, addresses);
    }

    /**
     * As {@link ContainerLeases#lease(GenericContainer, UnaryOperator)}; the lease is deleted at the end of the test.
     */
    public Lease lease(GenericContainer<?> container, UnaryOperator<LeaseSpec.Builder> wanted) {
        return leases().lease(container, wanted);
    }

    /** Returns the leases of the current test. */
    public synchronized ContainerLeases leases() {
        if (leases == null) {
            leases = ContainerLeases.of(nic());
        }
        return leases;
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return missing()
                .map(ConditionEvaluationResult::disabled)
                .orElseGet(
                        () -> ConditionEvaluationResult.enabled("queues of " + nic + " can be leased to containers"));
    }

    /** Returns why no test can run; empty if tests can. */
    private Optional<String> missing() {
        if (nic == null) {
            return Optional.of("no NIC is named to lease queues of: -D" + PROPERTY + "=DEV does");
        }
        if (!leasesQueues()) {
            return Optional.of("this kernel does not support queue leases, which require Linux 7.1");
        }
        return DockerClientFactory.instance().isDockerAvailable()
                ? Optional.empty()
                : Optional.of("no container engine responds: start docker or podman's service and set DOCKER_HOST");
    }

    private static boolean leasesQueues() {
        try (Netdev netdev = Netdev.open()) {
            return netdev.has(NetdevFeature.QUEUE_LEASE);
        } catch (UnsupportedException _) {
            return false;
        }
    }

    /**
     * Deletes the leases that the test made, whether their containers still run or not.
     *
     * @throws LinuxException if something could not be undone
     */
    @Override
    public synchronized void afterEach(ExtensionContext context) {
        if (leases != null) {
            ContainerLeases last = leases;
            leases = null;
            last.close();
        }
    }
}
