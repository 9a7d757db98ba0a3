package dev.qlease.node.dra;

import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.PollSet;
import dev.qlease.netlink.NotificationSocket;
import dev.qlease.node.NodeAgent;
import dev.qlease.node.dra.DriverEvent.Kind;
import dev.qlease.node.dra.proto.RegistrationStatus;
import dev.qlease.node.nri.NriPlugin;
import dev.qlease.rtnetlink.RtnetlinkEvent;
import dev.qlease.rtnetlink.RtnetlinkMonitor;
import dev.qlease.rtnetlink.RtnetlinkMonitor.Group;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The driver of a node: publishes its NICs, serves kubelet and listens to the container runtime. Requires the
 * privileges of creating leases. Owns its threads and sockets.
 */
public final class DraDriver implements AutoCloseable {
    /** The name of the driver. */
    public static final String NAME = "qlease.dev";

    /** The capacity of a device: its queues. */
    static final String CAPACITY = "rxQueues";

    /** The annotation of a node with its address pools. */
    public static final String POOLS = NAME + "/address-pools";

    /** How NRI orders plugins that adjust containers, which this one does not. */
    private static final String NRI_INDEX = "10";

    /** How often free queues and leftovers are checked, for which there are no notifications. */
    private static final Duration PERIOD = Duration.ofSeconds(5);

    /** How often the API server is asked for what others could have changed, in periods. */
    private static final int PERIODS_TO_CONFIRM = 12;

    /** Bytes of notifications that the kernel queues for this process. */
    private static final int RECEIVE_QUEUE = 1 << 20;

    /** Changes of links come in bursts. */
    private static final Duration QUIET = Duration.ofMillis(200);

    private final Consumer<DriverEvent> listener;
    private final Cluster cluster;
    private final NicInventory nics;
    private final SlicePublisher publisher;
    private final PodLeases pods;
    private final ClaimService service;
    private final Claims claims;
    private final NriPlugin nri;
    private final NotificationSocket<RtnetlinkEvent> links;
    private final PollSet waiting;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Map<String, String> problems = new HashMap<>();
    private volatile boolean registered;
    private volatile boolean running;
    private volatile boolean stopped;

    /**
     * What the driver needs to know.
     *
     * @param node the name of this node in the cluster
     * @param kubelet the directory of kubelet
     * @param nriSocket the socket of the container runtime for NRI
     * @param cdi where the container runtime looks for CDI specifications
     */
    public record Settings(String node, Path kubelet, Path nriSocket, Path cdi) {
        /** Where each of them is unless configured otherwise. */
        public static final Path KUBELET = Path.of("/var/lib/kubelet");

        /** The socket of containerd and CRI-O. */
        public static final Path NRI_SOCKET = Path.of("/var/run/nri/nri.sock");

        /** Where engines look for specifications that do not outlive a reboot. */
        public static final Path CDI = Path.of("/var/run/cdi");
    }

    /**
     * Begins to serve kubelet; {@link #run} does the rest.
     *
     * @param home the namespace of the NICs; remains owned by the caller
     * @param client remains owned by the caller
     * @param listener receives an event for each thing that is done, from several threads
     * @throws IOException if kubelet's directory has no socket yet and none can be created
     */
    public DraDriver(NetworkNamespace home, KubernetesClient client, Settings settings, Consumer<DriverEvent> listener)
            throws IOException {
        this.listener = listener;
        this.cluster = new Cluster(client, settings.node());
        this.publisher = new SlicePublisher(cluster, settings.node());
        this.claims = new Claims(new ClaimStore(ClaimStore.ROOT), this::problem);
        boolean complete = false;
        try {
            Leases leases = opened(Leases.open(home));
            Reports reports = opened(new Reports(cluster, listener));
            this.nics = new NicInventory(home, leases);
            ShareLeases shares = new NicLeases(home, leases, nics);
            Gates gates = new Gates(Gates.ROOT);
            this.pods = new PodLeases(claims, shares, gates, reports, listener);
            this.service = new ClaimService(
                    claims,
                    new ClaimReader(settings.node()),
                    cluster,
                    shares,
                    new ClaimDevices(settings.cdi(), gates, NodeAgent.DIRECTORY),
                    pods,
                    reports,
                    this::pools,
                    listener);
            this.nri = opened(new NriPlugin(settings.nriSocket(), "qlease", NRI_INDEX, pods, this::problem));
            this.links = opened(RtnetlinkMonitor.open(home, RECEIVE_QUEUE, Set.of(Group.LINK)));
            this.waiting = opened(new PollSet(List.of(new PollSet.Interest(links.descriptor(), PollSet.READABLE))));
            opened(new KubeletServer(settings.kubelet(), service, this::registration));
            complete = true;
        } finally {
            if (!complete) {
                close();
            }
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    private void problem(String sentence) {
        listener.accept(DriverEvent.problem(sentence));
    }

    private AddressPools pools() {
        return AddressPools.parse(cluster.node()
                .map(Node::getMetadata)
                .map(metadata -> metadata.getAnnotations())
                .map(annotations -> annotations.get(POOLS))
                .orElse(""));
    }

    private void registration(RegistrationStatus status) {
        registered = status.getPluginRegistered();
        listener.accept(DriverEvent.of(
                Kind.REGISTERED,
                registered ? "kubelet has registered the driver" : "kubelet refuses the driver: " + status.getError()));
    }

    /** Serves until {@link #stop()}. Call it once. */
    public void run() {
        running = true;
        Thread runtime = Thread.ofPlatform().daemon().name("qlease-node-nri").start(nri::run);
        for (int period = 0; !stopped; period++) {
            boolean confirm = period % PERIODS_TO_CONFIRM == 0;
            attempt("publish the NICs", () -> publisher.publish(nics.list(), confirm));
            attempt("look at the pods", pods::reconcile);
            if (confirm) {
                attempt("look at the claims", service::reconcile);
            }
            awaitChange();
        }
        nri.close();
        runtime.interrupt();
    }

    /** A problem that repeats is reported once, until what it prevents has succeeded. */
    private void attempt(String what, Runnable work) {
        try {
            work.run();
            problems.remove(what);
        } catch (RuntimeException e) {
            String sentence = what + ": " + e.getMessage();
            if (!sentence.equals(problems.put(what, sentence))) {
                problem(sentence);
            }
        }
    }

    private void awaitChange() {
        waiting.await(Events.deadlineAfter(PERIOD));
        if (!stopped && links.poll().isPresent()) {
            waiting.await(Events.deadlineAfter(QUIET));
            // What has changed is looked at as a whole.
            boolean more = true;
            while (more) {
                more = links.poll().isPresent();
            }
        }
    }

    /** Ends {@link #run()}. */
    public void stop() {
        stopped = true;
        waiting.wake();
    }

    /** Returns whether {@link #run()} runs. */
    public boolean isRunning() {
        return running && !stopped;
    }

    /** Returns whether kubelet has taken the driver. */
    public boolean isRegistered() {
        return registered;
    }

    /** Returns whether the container runtime is connected. */
    public boolean isConnected() {
        return nri.isConnected();
    }

    /** Returns whether the NICs have been published. */
    public boolean isPublished() {
        return publisher.isPublished();
    }

    /** Returns the number of claims that are prepared. */
    public int prepared() {
        return claims.all().size();
    }

    /** Closes all sockets; after {@link #run()} has returned. Leases and prepared claims stay. Idempotent. */
    @Override
    public void close() {
        while (!open.isEmpty()) {
            AutoCloseable resource = open.pop();
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException("closing " + resource, e);
            }
        }
    }
}
