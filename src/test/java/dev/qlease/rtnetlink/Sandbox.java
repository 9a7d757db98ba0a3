package dev.qlease.rtnetlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/** A network namespace of a test's own with an rtnetlink socket in it; closing deletes it with all its links. */
public final class Sandbox implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String name;
    private final NetworkNamespace namespace;
    private final Rtnetlink rtnl;

    private Sandbox(String name) {
        this.name = name;
        this.namespace = NetworkNamespace.create(name);
        this.rtnl = Rtnetlink.open(namespace);
    }

    /** Makes one; skips the test where this process may not. */
    public static Sandbox create() {
        String name = "qlease-test-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
        try {
            return new Sandbox(name);
        } catch (LinuxException e) {
            Assumptions.assumeFalse(
                    e.is(Errno.EPERM), "making a network namespace takes CAP_SYS_ADMIN: " + e.getMessage());
            throw e;
        }
    }

    /** Its name below /run/netns. */
    public String name() {
        return name;
    }

    /** The namespace, which goes on belonging to this. */
    public NetworkNamespace namespace() {
        return namespace;
    }

    /** The socket in it, which goes on belonging to this. */
    public Rtnetlink rtnl() {
        return rtnl;
    }

    /** Makes a pair of veth devices in it and answers the first. */
    public Link veth(String ifname, String peer) {
        return rtnl.links().create(LinkSpec.named(ifname).veth(LinkSpec.named(peer)));
    }

    @Override
    public void close() {
        rtnl.close();
        namespace.close();
        NetworkNamespace.delete(name);
    }

    /**
     * Waits until a device has its operstate up: the kernel notices that a while after both ends of a pair were set up.
     */
    public void awaitUp(int ifindex) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!rtnl.links().get(ifindex).operstate().equals(Optional.of(OperState.UP))) {
            assertThat(System.nanoTime())
                    .as("until ifindex " + ifindex + " is up")
                    .isLessThan(deadline);
            Thread.sleep(5);
        }
    }
}
