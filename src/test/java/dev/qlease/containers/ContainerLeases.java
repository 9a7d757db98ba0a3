package dev.qlease.containers;

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
 * Leases queues of one NIC to running containers, and takes them back.
 *
 * <p>A container wants the network mode {@code none}: its guest device is all the network that it has, and it needs no
 * privilege to send by it. The container engine runs on this machine and its processes are seen here, else they have no
 * namespace to lease to. Takes what {@link Leases} takes. Closing deletes the leases, the last one first; one whose container
 * has ended is deleted as well, which puts the NIC back as it was. Safe for use by many threads.
 */
public final class ContainerLeases implements AutoCloseable {
    private final String nic;
    private final Leases leases;
    private final Deque<Lease> made = new ArrayDeque<>();

    private ContainerLeases(String nic) {
        this.nic = nic;
        this.leases = Leases.open();
    }

    /** Of {@code nic}, a device in the calling thread's network namespace. */
    public static ContainerLeases of(String nic) {
        return new ContainerLeases(nic);
    }

    /**
     * Leases a queue to {@code container}, as the device nk0 with these addresses.
     *
     * @param addresses such as 2001:db8:2::2/64
     * @return the lease, which closing this deletes
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
     * Leases to {@code container} what {@code wanted} makes of one free queue without an address.
     *
     * @return the lease, which closing this deletes
     * @throws IllegalStateException if the container does not run
     * @throws IllegalArgumentException if it has the network of this process
     * @throws dev.qlease.linux.LinuxException if the lease cannot be made
     */
    public Lease lease(GenericContainer<?> container, UnaryOperator<LeaseSpec.Builder> wanted) {
        try (NetworkNamespace netns = netns(container);
                NetworkNamespace here = NetworkNamespace.current()) {
            if (netns.inode() == here.inode()) {
                throw new IllegalArgumentException("container " + container.getContainerName()
                        + " has the network of this process: start it with the network mode none");
            }
            Lease lease = leases.create(wanted.apply(LeaseSpec.of(nic, netns)).build());
            synchronized (made) {
                made.push(lease);
            }
            return lease;
        }
    }

    /**
     * The network namespace of a running container, to be closed by the caller.
     *
     * @throws IllegalStateException if it does not run
     */
    public static NetworkNamespace netns(GenericContainer<?> container) {
        long pid = pid(container);
        NetworkNamespace netns = NetworkNamespace.ofProcess(pid);
        // The process could have ended before it was looked at, and its number be another's.
        try {
            if (pid(container) != pid) {
                throw new IllegalStateException(
                        "container " + container.getContainerName() + " was started anew meanwhile");
            }
            return netns;
        } catch (RuntimeException e) {
            netns.close();
            throw e;
        }
    }

    private static long pid(GenericContainer<?> container) {
        if (container.getContainerId() == null) {
            throw new IllegalStateException("a container was not started: it has no network namespace yet");
        }
        ContainerState state = container.getCurrentContainerInfo().getState();
        long pid = Objects.requireNonNullElse(state.getPidLong(), 0L);
        if (pid == 0) {
            throw new IllegalStateException(
                    "container " + container.getContainerName() + " does not run but is " + state.getStatus());
        }
        return pid;
    }

    /** What can be said of the leases, also of those that others made. */
    public Leases leases() {
        return leases;
    }

    /** Deletes the leases that it made. */
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
