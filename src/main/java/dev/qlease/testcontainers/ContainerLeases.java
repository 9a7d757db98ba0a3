package dev.qlease.testcontainers;

import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.IpPrefix;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.testcontainers.containers.GenericContainer;

/**
 * Leases queues of one NIC to running containers, and deletes the leases again.
 *
 * <p>Start containers with the network mode {@code none}: the guest device is then their only network, and they can
 * send by it without privileges. The container engine must run on this machine, with its processes visible here.
 * Requires the same privileges as {@link Leases}. Closing deletes the leases in reverse order, including those whose
 * container has ended, and restores the NIC. Thread-safe.
 */
public final class ContainerLeases implements AutoCloseable {
    private final String nic;
    private final Leases leases;
    private final Deque<Lease> made = new ArrayDeque<>();

    private ContainerLeases(String nic) {
        this.nic = nic;
        this.leases = Leases.open();
    }

    /** Leases queues of {@code nic}, a device in the calling thread's network namespace. */
    public static ContainerLeases of(String nic) {
        return new ContainerLeases(nic);
    }

    /**
     * Leases a queue to {@code container}, as the device nk0 with these addresses.
     *
     * @param addresses such as 2001:db8:2::2/64
     * @return the lease, which closing this object deletes
     */
    public Lease lease(GenericContainer<?> container, String... addresses) {
        return lease(container, wanted -> {
            for (String address : addresses) {
                wanted.address(IpPrefix.parse(address));
            }
            return wanted;
        });
    }

    /**
     * Leases queues to {@code container}.
     *
     * @param wanted completes the specification, which begins with one free queue and no addresses
     * @return the lease, which closing this object deletes
     * @throws IllegalStateException if the container is not running
     * @throws IllegalArgumentException if the container shares the network namespace of this process
     * @throws dev.qlease.linux.LinuxException if the lease cannot be made
     */
    public Lease lease(GenericContainer<?> container, UnaryOperator<LeaseSpec.Builder> wanted) {
        try (NetworkNamespace netns = netns(container);
                NetworkNamespace here = NetworkNamespace.current()) {
            if (netns.inode() == here.inode()) {
                throw new IllegalArgumentException("container " + container.getContainerName()
                        + " shares the network namespace of this process: start it with the network mode none");
            }
            Lease lease = leases.create(wanted.apply(LeaseSpec.of(nic, netns)).build());
            synchronized (made) {
                made.push(lease);
            }
            return lease;
        }
    }

    /**
     * Returns the network namespace of a running container; owned by the caller.
     *
     * @throws IllegalStateException if the container is not running
     */
    public static NetworkNamespace netns(GenericContainer<?> container) {
        long pid = pid(container);
        NetworkNamespace netns = NetworkNamespace.ofProcess(pid);
        // The process may have ended before its namespace was opened, and its PID may have been reused.
        try {
            if (pid(container) != pid) {
                throw new IllegalStateException(
                        "container " + container.getContainerName() + " was restarted in the meantime");
            }
            return netns;
        } catch (RuntimeException e) {
            netns.close();
            throw e;
        }
    }

    private static long pid(GenericContainer<?> container) {
        if (container.getContainerId() == null) {
            throw new IllegalStateException("the container has not been started: it has no network namespace yet");
        }
        ContainerState state = container.getCurrentContainerInfo().getState();
        long pid = Objects.requireNonNullElse(state.getPidLong(), 0L);
        if (pid == 0) {
            throw new IllegalStateException(
                    "container " + container.getContainerName() + " is not running but " + state.getStatus());
        }
        return pid;
    }

    /** Returns the leases of the NIC's namespace, including those that others have made. */
    public Leases leases() {
        return leases;
    }

    /** Deletes the leases that this object made. */
    void deleteAll() {
        RuntimeException failure = null;
        while (true) {
            Lease lease;
            synchronized (made) {
                lease = made.poll();
            }
            if (lease == null) {
                break;
            }
            try {
                lease.close();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void close() {
        try {
            deleteAll();
        } finally {
            leases.close();
        }
    }
}
