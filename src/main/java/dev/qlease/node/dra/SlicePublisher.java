package dev.qlease.node.dra;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.CapacityRequestPolicy;
import io.fabric8.kubernetes.api.model.resource.v1.CapacityRequestPolicyBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttribute;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttributeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceCapacityBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceTaintBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Publishes this node's NICs in a ResourceSlice, which is the node's whole pool; writes it only if something has
 * changed. One thread publishes; any may ask {@link #isPublished()}.
 */
final class SlicePublisher {
    /** The taint of a NIC without a link. */
    static final String NO_CARRIER = DraDriver.NAME + "/no-carrier";

    /** The API server allows as many in a slice with taints. */
    static final int MOST_DEVICES = 64;

    private static final String NO_SCHEDULE = "NoSchedule";

    private final Cluster cluster;
    private final String node;
    private volatile @Nullable List<NodeNic> published;

    SlicePublisher(Cluster cluster, String node) {
        this.cluster = cluster;
        this.node = node;
    }

    /** Returns the name of the slice: one of a node, whatever process publishes it. */
    String name() {
        return node + "-" + DraDriver.NAME;
    }

    /** Returns whether the NICs have been published since this process started. */
    boolean isPublished() {
        return published != null;
    }

    /**
     * Publishes the NICs, except those without a queue that claims could have.
     *
     * @param confirm whether to look at the slice even if nothing has changed here, since others can have deleted it
     * @throws DraException if the API server does not take the slice; the next call tries again
     */
    void publish(List<NodeNic> nics, boolean confirm) {
        if (nics.size() > MOST_DEVICES) {
            throw new DraException("this node has " + nics.size() + " capable NICs, of which a ResourceSlice has "
                    + MOST_DEVICES + " at most");
        }
        if (!confirm && nics.equals(published)) {
            return;
        }
        Optional<ResourceSlice> there = cluster.slice(name());
        ResourceSlice wanted = slice(nics, generation(there));
        if (there.isEmpty()) {
            cluster.create(wanted);
        } else if (!sameDevices(there.get(), wanted)) {
            wanted.getSpec().getPool().setGeneration(generation(there) + 1);
            wanted.getMetadata().setResourceVersion(there.get().getMetadata().getResourceVersion());
            cluster.update(wanted);
        }
        published = List.copyOf(nics);
    }

    private static long generation(Optional<ResourceSlice> there) {
        return there.map(slice -> slice.getSpec().getPool().getGeneration()).orElse(1L);
    }

    /** A taint is given its time by the API server. */
    private static boolean sameDevices(ResourceSlice there, ResourceSlice wanted) {
        return devices(there).equals(devices(wanted));
    }

    private static String devices(ResourceSlice slice) {
        ResourceSlice copy = Serialization.clone(slice);
        copy.getSpec().getDevices().forEach(device -> {
            if (device.getTaints() != null) {
                device.getTaints().forEach(taint -> taint.setTimeAdded(null));
            }
        });
        return Serialization.asJson(copy.getSpec().getDevices());
    }

    /** Returns the slice, owned by the node so that it is deleted with it. */
    private ResourceSlice slice(List<NodeNic> nics, long generation) {
        ResourceSliceBuilder slice = new ResourceSliceBuilder()
                .withNewMetadata()
                .withName(name())
                .endMetadata()
                .withNewSpec()
                .withDriver(DraDriver.NAME)
                .withNodeName(node)
                .withNewPool()
                .withName(node)
                .withGeneration(generation)
                .withResourceSliceCount(1L)
                .endPool()
                .withDevices(nics.stream()
                        .filter(nic -> nic.queues() > 0)
                        .map(SlicePublisher::device)
                        .toList())
                .endSpec();
        Optional<Node> owner = cluster.node();
        owner.ifPresent(found -> slice.editMetadata()
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Node")
                        .withName(node)
                        .withUid(found.getMetadata().getUid())
                        .build())
                .endMetadata());
        return slice.build();
    }

    private static Device device(NodeNic nic) {
        Map<String, DeviceAttribute> attributes = new LinkedHashMap<>();
        nic.attributes().forEach((name, value) -> attributes.put(name, attribute(value)));
        DeviceBuilder device = new DeviceBuilder()
                .withName(nic.device())
                .withAllowMultipleAllocations(true)
                .withAttributes(attributes)
                .withCapacity(Map.of(
                        DraDriver.CAPACITY,
                        new DeviceCapacityBuilder()
                                .withValue(new Quantity(Integer.toString(nic.queues())))
                                .withRequestPolicy(policy(nic.queues()))
                                .build()));
        if (!nic.carrier()) {
            device.withTaints(new DeviceTaintBuilder()
                    .withKey(NO_CARRIER)
                    .withEffect(NO_SCHEDULE)
                    .build());
        }
        return device.build();
    }

    /** Claims are for whole queues. The API server refuses a range whose first step leads beyond the capacity. */
    private static CapacityRequestPolicy policy(int queues) {
        Quantity one = new Quantity("1");
        CapacityRequestPolicyBuilder policy = new CapacityRequestPolicyBuilder().withDefault(one);
        return queues == 1
                ? policy.withValidValues(one).build()
                : policy.withNewValidRange()
                        .withMin(one)
                        .withStep(one)
                        .endValidRange()
                        .build();
    }

    private static DeviceAttribute attribute(Object value) {
        DeviceAttributeBuilder attribute = new DeviceAttributeBuilder();
        return switch (value) {
            case Boolean flag -> attribute.withBool(flag).build();
            case Long number -> attribute.withInt(number).build();
            default -> attribute.withString(value.toString()).build();
        };
    }
}
