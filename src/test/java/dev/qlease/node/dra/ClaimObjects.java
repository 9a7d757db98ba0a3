package dev.qlease.node.dra;

import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.client.utils.Serialization;

/** Claims as the scheduler leaves them. */
final class ClaimObjects {
    static final String NODE = "node1";
    static final String DEVICE = "pci-0000-01-00-0";

    private ClaimObjects() {}

    /** Returns a claim of a number of queues for pod {@code NAME-pod}, of uid {@code NAME-pod-uid}. */
    static ResourceClaim claim(String name, String queues, String config) {
        return Serialization.unmarshal("""
                {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
                 "metadata": {"namespace": "default", "name": "%1$s", "uid": "%1$s-uid"},
                 "spec": {"devices": {"requests": [
                   {"name": "queue", "exactly": {"deviceClassName": "queue.qlease.dev"}}]}},
                 "status": {
                   "reservedFor": [{"resource": "pods", "name": "%1$s-pod", "uid": "%1$s-pod-uid"}],
                   "allocation": {"devices": {
                     "results": [
                       {"request": "other", "driver": "gpu.example.com", "pool": "node1", "device": "gpu0"},
                       {"request": "queue", "driver": "qlease.dev", "pool": "node1", "device": "%2$s",
                        "shareID": "%1$s-share", "consumedCapacity": {"rxQueues": "%3$s"}}],
                     "config": [%4$s]}}}}
                """.formatted(name, DEVICE, queues, config), ResourceClaim.class);
    }

    /** Returns a configuration of a claim with fields of a lease, a part of a JSON object. */
    static String config(String source, String fields) {
        return """
                {"source": "%s", "requests": [], "opaque": {"driver": "qlease.dev", "parameters":
                  {"apiVersion": "qlease.dev/v1", "kind": "LeaseParameters", %s}}}""".formatted(source, fields);
    }
}
