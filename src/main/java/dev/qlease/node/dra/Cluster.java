package dev.qlease.node.dra;

import dev.qlease.node.dra.PreparedClaim.PodReference;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.AllocatedDeviceStatus;
import io.fabric8.kubernetes.api.model.resource.v1.AllocatedDeviceStatusBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimStatus;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the driver reads from and writes to the API server. Thread-safe; each call takes as long as the client lets it.
 */
final class Cluster {
    /** The condition of a device in a claim's status. */
    static final String READY = "Ready";

    private static final int LONGEST_NOTE = 1000;
    private static final int LONGEST_MESSAGE = 1000;
    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final KubernetesClient client;
    private final String node;

    /** @param client remains owned by the caller */
    Cluster(KubernetesClient client, String node) {
        this.client = client;
        this.node = node;
    }

    /** Runs {@code work}; errors get a sentence that says what was being done. */
    private static <T> T call(String what, Supplier<T> work) {
        try {
            return work.get();
        } catch (KubernetesClientException e) {
            throw new DraException(what + ": " + reason(e), e);
        }
    }

    /** Returns what the API server says or, if it said nothing, why it was not reached. */
    private static String reason(KubernetesClientException e) {
        if (e.getStatus() != null && e.getStatus().getMessage() != null) {
            return e.getStatus().getMessage();
        }
        if (e.getCause() == null) {
            return String.valueOf(e.getMessage());
        }
        Throwable last = e.getCause();
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return "the API server cannot be reached: "
                + Optional.ofNullable(last.getMessage()).orElse(last.getClass().getSimpleName());
    }

    /** Returns a claim; empty if there is none of this name. */
    Optional<ResourceClaim> claim(String namespace, String name) {
        return Optional.ofNullable(call(
                "read claim " + namespace + "/" + name,
                () -> client.dynamicResourceAllocation()
                        .v1()
                        .resourceClaims()
                        .inNamespace(namespace)
                        .withName(name)
                        .get()));
    }

    /** Returns this node; empty if there is none of its name. */
    Optional<Node> node() {
        return Optional.ofNullable(
                call("read node " + node, () -> client.nodes().withName(node).get()));
    }

    Optional<ResourceSlice> slice(String name) {
        return Optional.ofNullable(call(
                "read ResourceSlice " + name,
                () -> client.dynamicResourceAllocation()
                        .v1()
                        .resourcesSlices()
                        .withName(name)
                        .get()));
    }

    ResourceSlice create(ResourceSlice slice) {
        return call(
                "create ResourceSlice " + slice.getMetadata().getName(),
                () -> client.dynamicResourceAllocation()
                        .v1()
                        .resourcesSlices()
                        .resource(slice)
                        .create());
    }

    /** Replaces a slice, if it is still of the version in {@code slice}. */
    ResourceSlice update(ResourceSlice slice) {
        return call(
                "update ResourceSlice " + slice.getMetadata().getName(),
                () -> client.dynamicResourceAllocation()
                        .v1()
                        .resourcesSlices()
                        .resource(slice)
                        .update());
    }

    /**
     * Writes the status of one of a claim's devices; has no effect if the claim is not there or not of the same uid.
     *
     * @param attached the device in the pod; null if it is in none
     * @param problem why it is not; empty if it is, or nothing is wrong
     */
    void report(PreparedClaim claim, int share, ShareLeases.@Nullable Attached attached, String problem) {
        Optional<ResourceClaim> found = claim(claim.namespace(), claim.name())
                .filter(there -> Objects.equals(there.getMetadata().getUid(), claim.uid()))
                .filter(there -> there.getStatus() != null && there.getStatus().getAllocation() != null);
        if (found.isEmpty()) {
            return;
        }
        ResourceClaim changed = new ResourceClaimBuilder(found.get()).build();
        ResourceClaimStatus status = changed.getStatus();
        List<AllocatedDeviceStatus> devices =
                new ArrayList<>(Objects.requireNonNullElse(status.getDevices(), List.of()));
        devices.removeIf(device -> isOf(claim.shares().get(share), device));
        devices.add(status(claim.shares().get(share), attached, problem));
        status.setDevices(devices);
        call(
                "update the status of " + claim.title(),
                () -> client.dynamicResourceAllocation()
                        .v1()
                        .resourceClaims()
                        .resource(changed)
                        .updateStatus());
    }

    private static boolean isOf(PreparedClaim.Share share, AllocatedDeviceStatus device) {
        return Objects.equals(device.getDriver(), DraDriver.NAME)
                && Objects.equals(device.getPool(), share.pool())
                && Objects.equals(device.getDevice(), share.device())
                && Objects.equals(Objects.requireNonNullElse(device.getShareID(), ""), share.shareId());
    }

    private static AllocatedDeviceStatus status(
            PreparedClaim.Share share, ShareLeases.@Nullable Attached attached, String problem) {
        Condition condition = new ConditionBuilder()
                .withType(READY)
                .withStatus(attached == null ? "False" : "True")
                .withReason(attached != null ? "Leased" : problem.isEmpty() ? "NotLeased" : "Refused")
                .withMessage(cut(problem, LONGEST_MESSAGE))
                .withLastTransitionTime(
                        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                .build();
        AllocatedDeviceStatusBuilder status = new AllocatedDeviceStatusBuilder()
                .withDriver(DraDriver.NAME)
                .withPool(share.pool())
                .withDevice(share.device())
                .withConditions(condition);
        if (!share.shareId().isEmpty()) {
            status.withShareID(share.shareId());
        }
        if (attached != null) {
            var network = status.withNewNetworkData()
                    .withInterfaceName(attached.device())
                    .withIps(attached.addresses());
            (attached.hardwareAddress().isEmpty() ? network : network.withHardwareAddress(attached.hardwareAddress()))
                    .endNetworkData();
        }
        return status.build();
    }

    /** Makes an event of a claim, and of the pods that it is reserved for. */
    void warn(PreparedClaim claim, String reason, String action, String note) {
        warn(
                claim.namespace(),
                new ObjectReferenceBuilder()
                        .withApiVersion("resource.k8s.io/v1")
                        .withKind("ResourceClaim")
                        .withNamespace(claim.namespace())
                        .withName(claim.name())
                        .withUid(claim.uid())
                        .build(),
                reason,
                action,
                note);
        for (PodReference pod : claim.pods()) {
            warn(
                    claim.namespace(),
                    new ObjectReferenceBuilder()
                            .withApiVersion("v1")
                            .withKind("Pod")
                            .withNamespace(claim.namespace())
                            .withName(pod.name())
                            .withUid(pod.uid())
                            .build(),
                    reason,
                    action,
                    note);
        }
    }

    private void warn(String namespace, ObjectReference regarding, String reason, String action, String note) {
        Event event = new EventBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withGenerateName("qlease-")
                .endMetadata()
                .withEventTime(new MicroTime(MICROSECONDS.format(Instant.now())))
                .withReportingController(DraDriver.NAME)
                .withReportingInstance(cut(DraDriver.NAME + "-" + node, 128))
                .withRegarding(regarding)
                .withReason(reason)
                .withAction(action)
                .withType("Warning")
                .withNote(cut(note, LONGEST_NOTE))
                .build();
        call(
                "create an event of " + regarding.getKind() + " " + regarding.getName(),
                () -> client.events()
                        .v1()
                        .events()
                        .inNamespace(namespace)
                        .resource(event)
                        .create());
    }

    private static String cut(String text, int most) {
        return text.length() > most ? text.substring(0, most) : text;
    }
}
