package dev.qlease.node.cdi;

import dev.qlease.lease.Lease;
import dev.qlease.lease.LeaseException;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.LeaseInfo.Status;
import dev.qlease.lease.LeaseRefusedException;
import dev.qlease.lease.LeaseSpec;
import dev.qlease.lease.Leases;
import dev.qlease.linux.Errno;
import dev.qlease.linux.KernelFiles;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.NotANetworkNamespaceException;
import dev.qlease.linux.sys.Log;
import dev.qlease.node.cdi.CdiException.Reason;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One invocation of a hook: creates the lease of a container before its program starts, or deletes it after the
 * container was deleted. A runtime can end a hook at any instruction, and may then run no other one for the container:
 * what is left is deleted by the next hook of the container or, without one, of any other container. Not thread-safe.
 */
public final class CdiHook {
    /** The hook that creates the lease: the container's namespaces exist, and its program has not started. */
    static final String CREATE = "createRuntime";

    /** The hook that deletes the lease: the container's processes have ended. */
    static final String DELETE = "poststop";

    private static final Log LOG = Log.of(CdiHook.class);

    /** How long to wait while other processes create or delete leases; many containers start at once after a boot. */
    private static final Duration LOCK_TIMEOUT = Duration.ofMinutes(2);

    /** What the owners of all leases of containers begin with. */
    private static final String OWNERS = "oci:";

    private static final int HASH_BYTES = 8;
    private static final Set<Status> LEFT = Set.of(Status.GONE, Status.INCOMPLETE);

    private final String hook;
    private final String device;
    private final String config;
    private final OciState state;
    private final String owner;

    /**
     * Reads the arguments and the container's state.
     *
     * @param arguments the name of the hook, the name of the device and, for createRuntime, the fields of its lease
     * @param input the state of the container; remains owned by the caller
     * @throws CdiException if an argument or the state is missing or invalid
     */
    public CdiHook(List<String> arguments, InputStream input) {
        this.hook = arguments.isEmpty() ? "" : arguments.getFirst();
        boolean creates = hook.equals(CREATE);
        if (arguments.size() != (creates ? 3 : 2) || (!creates && !hook.equals(DELETE))) {
            throw new CdiException(
                    Reason.INVALID,
                    "give " + CREATE + " DEVICE FIELDS or " + DELETE + " DEVICE; OCI runtimes run this command as"
                            + " qlease cdi generate has written it");
        }
        this.device = arguments.get(1);
        this.config = creates ? arguments.get(2) : "";
        if (!CdiSpec.isDeviceName(device)) {
            throw new CdiException(Reason.INVALID, "\"" + device + "\" is no name of a CDI device");
        }
        this.state = OciState.read(input);
        this.owner = owner(state, device);
    }

    /**
     * Returns the owner of a container's lease. Ids are unique to an engine only; the bundle, of which the last part is
     * a hash, tells the containers of two engines apart. No part has a colon but the device's name.
     */
    static String owner(OciState state, String device) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(state.bundle().getBytes(StandardCharsets.UTF_8));
            return OWNERS + state.id() + ":" + device + ":" + HexFormat.of().formatHex(hash, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /**
     * Creates or deletes the lease.
     *
     * @throws CdiException if the container cannot have the lease; other exceptions of the library as they are
     */
    public void run() {
        try (NetworkNamespace home = NetworkNamespace.current();
                Leases leases = Leases.open(home, LOCK_TIMEOUT)) {
            if (hook.equals(CREATE)) {
                create(home, leases);
            } else {
                leases.ownedBy(owner::equals).forEach(lease -> leases.delete(lease.name(), lease.id()));
                deleteLeft(leases);
            }
        }
    }

    private void create(NetworkNamespace home, Leases leases) {
        ContainerLease lease = ContainerLease.of(device, config, state.annotations(ContainerLease.PREFIX));
        requireInitialUserNamespace();
        try (NetworkNamespace netns = namespace()) {
            long cookie = netns.cookie();
            if (cookie == home.cookie()) {
                throw new CdiException(
                        Reason.INVALID,
                        container() + " shares the host's network namespace, where the NICs are; start it with a"
                                + " network namespace of its own, such as --network none or bridge");
            }
            LeaseSpec spec = lease.spec(home, netns, owner);
            deleteLeft(leases);
            requireNew(leases, cookie);
            // Closing the lease deletes it, unless it was kept.
            try (Lease created = leases.create(spec)) {
                requireAlive(cookie);
                created.keep();
            }
        }
    }

    private String container() {
        return "container " + state.id();
    }

    /** Root of another user namespace has no capabilities over the NIC, and its errors would not say so. */
    private void requireInitialUserNamespace() {
        if (!KernelFiles.read(Path.of("/proc/self/uid_map")).strip().matches("0\\s+0\\s+4294967295")) {
            throw new CdiException(
                    Reason.NOT_PERMITTED,
                    container() + " was started by a rootless engine, which cannot lease queues; start it as root");
        }
    }

    /** Opens the container's namespace; owned by the caller. */
    private NetworkNamespace namespace() {
        int pid = state.pid();
        try {
            return NetworkNamespace.ofProcess(pid);
        } catch (LinuxException | NotANetworkNamespaceException e) {
            boolean denied =
                    e instanceof LinuxException refusal && (refusal.is(Errno.EACCES) || refusal.is(Errno.EPERM));
            throw new CdiException(
                    denied ? Reason.NOT_PERMITTED : Reason.NOT_FOUND,
                    "the network namespace of " + container() + ", process " + pid + ", cannot be opened: "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * A container that was deleted meanwhile has no poststop hook to come: the one that ran found no lease. Its process
     * had ended before, and one that has the same number now is in another namespace.
     */
    private void requireAlive(long cookie) {
        try (NetworkNamespace now = namespace()) {
            if (now.cookie() == cookie) {
                return;
            }
        }
        throw new CdiException(Reason.NOT_FOUND, container() + " was deleted while its lease was created");
    }

    /** Deletes what containers have left whose hooks were ended, or never run. A failure affects no other container. */
    private void deleteLeft(Leases leases) {
        if (leases.ownedBy(text -> text.startsWith(OWNERS)).stream().noneMatch(CdiHook::isLeft)) {
            return;
        }
        attempt("leases of earlier containers", () -> {
            // Those that other hooks are creating or deleting now are not incomplete any more.
            for (LeaseInfo lease : leases.settled()) {
                if (isLeft(lease)) {
                    attempt("lease " + lease.name(), () -> leases.delete(lease.name(), lease.id()));
                }
            }
        });
    }

    private static boolean isLeft(LeaseInfo lease) {
        return LEFT.contains(lease.status())
                && lease.owner().filter(text -> text.startsWith(OWNERS)).isPresent();
    }

    private static void attempt(String what, Runnable work) {
        try {
            work.run();
        } catch (LeaseException | LeaseRefusedException | LinuxException e) {
            LOG.warn(what + ": what is left was not deleted: " + e.getMessage());
        }
    }

    /** Deletes the lease of an earlier start of the container, and refuses one of this start. */
    private void requireNew(Leases leases, long cookie) {
        List<LeaseInfo> own = leases.ownedBy(owner::equals);
        Optional<LeaseInfo> present =
                own.stream().filter(lease -> lease.netnsCookie() == cookie).findFirst();
        if (present.isPresent()) {
            String name = present.get().name();
            throw new CdiException(
                    Reason.FAILED,
                    container() + " has lease " + name + " for " + device + " already; qlease lease delete " + name
                            + " deletes it");
        }
        own.forEach(lease -> leases.delete(lease.name(), lease.id()));
    }
}
