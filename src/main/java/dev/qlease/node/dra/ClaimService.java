package dev.qlease.node.dra;

import dev.qlease.node.dra.DriverEvent.Kind;
import dev.qlease.node.dra.PreparedClaim.Share;
import dev.qlease.node.dra.proto.Claim;
import dev.qlease.node.dra.proto.Device;
import dev.qlease.node.dra.proto.NodePrepareResourceResponse;
import dev.qlease.node.dra.proto.NodePrepareResourcesRequest;
import dev.qlease.node.dra.proto.NodePrepareResourcesResponse;
import dev.qlease.node.dra.proto.NodeUnprepareResourceResponse;
import dev.qlease.node.dra.proto.NodeUnprepareResourcesRequest;
import dev.qlease.node.dra.proto.NodeUnprepareResourcesResponse;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Prepares and unprepares claims for kubelet. Preparing does what is slow, since a pod's sandbox must not wait for it:
 * it reserves the queues of a claim, for which the NIC's settings are changed, and writes what its containers need.
 * Both can be repeated. Thread-safe.
 */
final class ClaimService implements KubeletServer.Plugin {
    private final Claims claims;
    private final ClaimReader reader;
    private final Cluster cluster;
    private final ShareLeases leases;
    private final ClaimDevices devices;
    private final PodLeases pods;
    private final Reports reports;
    private final Supplier<AddressPools> pools;
    private final Consumer<DriverEvent> listener;

    /**
     * @param pods has the reservations and leases of the claims
     * @param pools returns the address pools of this node, which can change
     */
    ClaimService(
            Claims claims,
            ClaimReader reader,
            Cluster cluster,
            ShareLeases leases,
            ClaimDevices devices,
            PodLeases pods,
            Reports reports,
            Supplier<AddressPools> pools,
            Consumer<DriverEvent> listener) {
        this.claims = claims;
        this.reader = reader;
        this.cluster = cluster;
        this.leases = leases;
        this.devices = devices;
        this.pods = pods;
        this.reports = reports;
        this.pools = pools;
        this.listener = listener;
    }

    @Override
    public NodePrepareResourcesResponse prepare(NodePrepareResourcesRequest request) {
        NodePrepareResourcesResponse.Builder response = NodePrepareResourcesResponse.newBuilder();
        request.getClaimsList().forEach(claim -> response.putClaims(claim.getUid(), prepare(claim)));
        return response.build();
    }

    private NodePrepareResourceResponse prepare(Claim request) {
        long begin = System.nanoTime();
        if (!PreparedClaim.isUid(request.getUid())) {
            return NodePrepareResourceResponse.newBuilder()
                    .setError(noUid(request))
                    .build();
        }
        PreparedClaim claim = named(request);
        try {
            claim = read(claim);
            PreparedClaim prepared = prepare(claim);
            Duration took = Duration.ofNanos(System.nanoTime() - begin);
            listener.accept(DriverEvent.of(Kind.PREPARED, prepared, took, prepared.title() + " was prepared"));
            return answer(prepared);
        } catch (RuntimeException e) {
            String sentence = String.valueOf(e.getMessage());
            listener.accept(DriverEvent.of(Kind.NOT_PREPARED, claim, sentence));
            reports.warning(claim, "NotPrepared", "Prepare", sentence);
            return NodePrepareResourceResponse.newBuilder().setError(sentence).build();
        }
    }

    private static String noUid(Claim request) {
        return "claim " + request.getNamespace() + "/" + request.getName() + ": \"" + request.getUid()
                + "\" is no uid of a claim";
    }

    private static PreparedClaim named(Claim request) {
        return new PreparedClaim(request.getUid(), request.getNamespace(), request.getName(), List.of(), "", List.of());
    }

    private static NodePrepareResourceResponse answer(PreparedClaim claim) {
        NodePrepareResourceResponse.Builder answer = NodePrepareResourceResponse.newBuilder();
        for (int i = 0; i < claim.shares().size(); i++) {
            Share share = claim.shares().get(i);
            Device.Builder device = Device.newBuilder()
                    .addRequestNames(share.request())
                    .setPoolName(share.pool())
                    .setDeviceName(share.device())
                    .addCdiDeviceIds(ClaimDevices.id(claim, i));
            if (!share.shareId().isEmpty()) {
                device.setShareId(share.shareId());
            }
            answer.addDevices(device);
        }
        return answer.build();
    }

    /** Reads a claim, of which kubelet knows only the name and the uid. */
    private PreparedClaim read(PreparedClaim named) {
        ResourceClaim claim = cluster.claim(named.namespace(), named.name())
                .orElseThrow(() -> new DraException("there is no " + named.title()));
        if (!Objects.equals(claim.getMetadata().getUid(), named.uid())) {
            throw new DraException(named.title() + " was replaced: its uid is "
                    + claim.getMetadata().getUid() + ", not " + named.uid());
        }
        return reader.read(claim);
    }

    private PreparedClaim prepare(PreparedClaim claim) {
        Optional<PreparedClaim> known = claims.find(claim.uid());
        if (known.isPresent() && Claims.isSame(known.get(), claim)) {
            // Kubelet repeats requests, also after it was restarted.
            pods.reserve(claim.uid());
            devices.write(known.get());
            return known.get();
        }
        if (known.isPresent()) {
            if (!known.get().sandbox().isEmpty()) {
                throw new DraException(claim.title() + " is in use by pod "
                        + known.get().pods().getFirst().name() + ", and leased queues are in one pod");
            }
            unprepare(claim.uid());
        }
        AddressPools now = pools.get();
        PreparedClaim added = claims.add(claim, now, leases.addressesInUse());
        try {
            // Written first, so that it is known what the reservations belong to.
            claims.keep(added);
            pods.reserve(claim.uid());
            devices.write(added);
        } catch (RuntimeException e) {
            unprepare(claim.uid());
            throw e;
        }
        return added;
    }

    @Override
    public NodeUnprepareResourcesResponse unprepare(NodeUnprepareResourcesRequest request) {
        NodeUnprepareResourcesResponse.Builder response = NodeUnprepareResourcesResponse.newBuilder();
        request.getClaimsList().forEach(claim -> response.putClaims(claim.getUid(), unprepare(claim)));
        return response.build();
    }

    private NodeUnprepareResourceResponse unprepare(Claim request) {
        if (!PreparedClaim.isUid(request.getUid())) {
            return NodeUnprepareResourceResponse.newBuilder()
                    .setError(noUid(request))
                    .build();
        }
        PreparedClaim claim = named(request);
        try {
            unprepare(claim.uid());
            listener.accept(DriverEvent.of(Kind.UNPREPARED, claim, claim.title() + " was unprepared"));
            return NodeUnprepareResourceResponse.getDefaultInstance();
        } catch (RuntimeException e) {
            String sentence = String.valueOf(e.getMessage());
            listener.accept(DriverEvent.of(Kind.PROBLEM, claim, sentence));
            return NodeUnprepareResourceResponse.newBuilder().setError(sentence).build();
        }
    }

    /**
     * Deletes the reservations and leases of a claim and all that was written for it; has no effect if there is
     * nothing.
     */
    void unprepare(String uid) {
        pods.drop(uid, () -> {
            devices.remove(uid);
            claims.drop(uid);
        });
    }

    /**
     * Unprepares the claims that the API server does not have any more, and that no pod uses: kubelet has forgotten
     * them while this process did not run. Deletes what is left of claims that are not known.
     *
     * @throws DraException if the API server does not answer, or something could not be deleted
     */
    void reconcile() {
        for (PreparedClaim claim : claims.all()) {
            boolean there = cluster.claim(claim.namespace(), claim.name())
                    .filter(found -> Objects.equals(found.getMetadata().getUid(), claim.uid()))
                    .isPresent();
            if (!there && claim.sandbox().isEmpty()) {
                unprepare(claim.uid());
            }
        }
        devices.uids().stream().filter(uid -> claims.find(uid).isEmpty()).forEach(devices::remove);
    }
}
