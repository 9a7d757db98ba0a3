package dev.qlease.node.dra;

import dev.qlease.lease.LeaseSpec;
import dev.qlease.node.dra.PreparedClaim.PodReference;
import dev.qlease.node.dra.PreparedClaim.Share;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.resource.v1.AllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAllocationConfiguration;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Reads what the scheduler has allocated to a claim from this node. */
final class ClaimReader {
    private final String node;

    /** @param node the name of this node, and of its pool */
    ClaimReader(String node) {
        this.node = node;
    }

    /**
     * Reads a claim. Its shares have the names and addresses of devices that its parameters give, if any.
     *
     * @throws DraException if it is not allocated, not for one pod, or its parameters are invalid
     */
    PreparedClaim read(ResourceClaim claim) {
        String title =
                claim.getMetadata().getNamespace() + "/" + claim.getMetadata().getName();
        AllocationResult allocation = Optional.ofNullable(claim.getStatus())
                .map(status -> status.getAllocation())
                .orElseThrow(() -> new DraException("claim " + title + " is not allocated"));
        List<PodReference> pods = Optional.ofNullable(claim.getStatus().getReservedFor()).orElse(List.of()).stream()
                .filter(consumer -> Objects.equals(consumer.getResource(), "pods"))
                .map(consumer -> new PodReference(consumer.getName(), consumer.getUid()))
                .toList();
        if (pods.size() != 1) {
            throw new DraException("claim " + title + " is reserved for " + pods.size() + " pods; leased queues are in"
                    + " one pod: use a ResourceClaimTemplate, which makes a claim for each pod");
        }
        List<Share> shares = new ArrayList<>();
        for (DeviceRequestAllocationResult result : Objects.requireNonNullElse(
                allocation.getDevices().getResults(), List.<DeviceRequestAllocationResult>of())) {
            if (Objects.equals(result.getDriver(), DraDriver.NAME)) {
                shares.add(share(result, allocation));
            }
        }
        if (shares.isEmpty()) {
            throw new DraException("claim " + title + " has no device of driver " + DraDriver.NAME);
        }
        return new PreparedClaim(
                claim.getMetadata().getUid(),
                claim.getMetadata().getNamespace(),
                claim.getMetadata().getName(),
                pods,
                "",
                shares);
    }

    private Share share(DeviceRequestAllocationResult result, AllocationResult allocation) {
        String request = result.getRequest();
        if (!node.equals(result.getPool())) {
            throw new DraException("device " + result.getDevice() + " of request " + request + " is from pool "
                    + result.getPool() + ", not from " + node + ", the pool of this node");
        }
        if (Boolean.TRUE.equals(result.getAdminAccess())) {
            throw new DraException("request " + request + " asks for administrative access, which " + DraDriver.NAME
                    + " does not have: leave out adminAccess");
        }
        ClaimParameters parameters = ClaimParameters.of(given(request, allocation));
        return new Share(
                request,
                result.getPool(),
                result.getDevice(),
                Objects.requireNonNullElse(result.getShareID(), ""),
                queues(result),
                parameters.guest().orElse(""),
                parameters.addresses(),
                parameters.json(),
                parameters.nodes());
    }

    /** A cluster without consumable capacities gives the NIC to one claim only, with one queue. */
    private static int queues(DeviceRequestAllocationResult result) {
        Quantity capacity = Optional.ofNullable(result.getConsumedCapacity())
                .map(all -> all.get(DraDriver.CAPACITY))
                .orElse(null);
        if (capacity == null) {
            return 1;
        }
        BigDecimal queues = capacity.getNumericalAmount();
        if (queues.stripTrailingZeros().scale() > 0
                || queues.compareTo(BigDecimal.ONE) < 0
                || queues.compareTo(BigDecimal.valueOf(LeaseSpec.MOST_QUEUES)) > 0) {
            throw new DraException("request " + result.getRequest() + " has " + DraDriver.CAPACITY + " " + capacity
                    + "; it must be a whole number from 1 to " + LeaseSpec.MOST_QUEUES);
        }
        return queues.intValueExact();
    }

    private static List<ClaimParameters.Given> given(String request, AllocationResult allocation) {
        List<ClaimParameters.Given> given = new ArrayList<>();
        for (DeviceAllocationConfiguration config : Objects.requireNonNullElse(
                allocation.getDevices().getConfig(), List.<DeviceAllocationConfiguration>of())) {
            boolean ours = config.getOpaque() != null
                    && Objects.equals(config.getOpaque().getDriver(), DraDriver.NAME);
            if (ours && isFor(request, Objects.requireNonNullElse(config.getRequests(), List.<String>of()))) {
                given.add(new ClaimParameters.Given(
                        Objects.equals(config.getSource(), "FromClass"),
                        Serialization.asJson(config.getOpaque().getParameters())));
            }
        }
        return given;
    }

    /** A configuration for a request is also for its subrequests, REQUEST/SUBREQUEST. */
    private static boolean isFor(String request, List<String> requests) {
        return requests.isEmpty()
                || requests.contains(request)
                || requests.contains(request.substring(0, Math.max(0, request.indexOf('/'))));
    }
}
