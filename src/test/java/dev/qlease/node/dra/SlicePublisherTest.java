package dev.qlease.node.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
class SlicePublisherTest {
    private static final NodeNic NIC = new NodeNic(
            "pci-0000-01-00-0", "eth0", 15, true, Map.of("driver", "mlx5_core", "speed", 100_000L, "netmemTx", true));

    /** Set by the extension. */
    @SuppressWarnings("NullAway")
    private KubernetesClient client;

    private SlicePublisher publisher() {
        return new SlicePublisher(new Cluster(client, "node1"), "node1");
    }

    private ResourceSlice slice() {
        return client.dynamicResourceAllocation()
                .v1()
                .resourcesSlices()
                .withName("node1-qlease.dev")
                .get();
    }

    @Test
    void aNicIsADeviceThatSeveralClaimsShare() {
        client.resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node1")
                        .endMetadata()
                        .build())
                .create();
        publisher().publish(List.of(NIC), false);
        ResourceSlice slice = slice();
        assertThat(slice.getSpec().getNodeName()).isEqualTo("node1");
        assertThat(slice.getSpec().getPool().getName()).isEqualTo("node1");
        assertThat(slice.getMetadata().getOwnerReferences()).singleElement().satisfies(owner -> {
            assertThat(owner.getKind()).isEqualTo("Node");
            assertThat(owner.getName()).isEqualTo("node1");
        });
        Device device = slice.getSpec().getDevices().getFirst();
        assertThat(device.getAllowMultipleAllocations()).isTrue();
        assertThat(device.getCapacity().get("rxQueues").getValue()).hasToString("15");
        assertThat(device.getCapacity().get("rxQueues").getRequestPolicy().getDefault())
                .hasToString("1");
        assertThat(device.getAttributes().get("driver").getString()).isEqualTo("mlx5_core");
        assertThat(device.getAttributes().get("speed").getInt()).isEqualTo(100_000);
        assertThat(device.getAttributes().get("netmemTx").getBool()).isTrue();
        assertThat(device.getTaints()).isEmpty();
    }

    @Test
    void onlyAChangeMakesAGeneration() {
        SlicePublisher publisher = publisher();
        publisher.publish(List.of(NIC), false);
        publisher.publish(List.of(NIC), true);
        publisher().publish(List.of(NIC), false);
        assertThat(slice().getSpec().getPool().getGeneration()).isEqualTo(1);
        NodeNic down = new NodeNic(NIC.device(), NIC.ifname(), NIC.queues(), false, NIC.attributes());
        publisher.publish(List.of(down), false);
        assertThat(slice().getSpec().getPool().getGeneration()).isEqualTo(2);
        assertThat(slice().getSpec().getDevices().getFirst().getTaints())
                .singleElement()
                .satisfies(taint -> assertThat(taint.getKey() + ":" + taint.getEffect())
                        .isEqualTo("qlease.dev/no-carrier:NoSchedule"));
        publisher.publish(List.of(), false);
        assertThat(slice().getSpec().getDevices()).isEmpty();
    }

    @Test
    void theLastQueueIsNoRangeAndANicWithoutQueuesIsNoDevice() {
        SlicePublisher publisher = publisher();
        publisher.publish(List.of(new NodeNic("a", "eth0", 1, true, Map.of())), false);
        assertThat(slice().getSpec().getDevices()).singleElement().satisfies(device -> {
            assertThat(device.getCapacity().get("rxQueues").getRequestPolicy().getValidRange())
                    .isNull();
            assertThat(device.getCapacity().get("rxQueues").getRequestPolicy().getValidValues())
                    .hasToString("[1]");
        });
        publisher.publish(List.of(new NodeNic("a", "eth0", 0, true, Map.of())), false);
        assertThat(slice().getSpec().getDevices()).isEmpty();
    }

    @Test
    void aSliceThatOthersDeletedIsMadeAgain() {
        SlicePublisher publisher = publisher();
        publisher.publish(List.of(NIC), false);
        client.resource(slice()).delete();
        publisher.publish(List.of(NIC), true);
        assertThat(slice()).isNotNull();
    }

    @Test
    void moreNicsThanASliceHasAreRefused() {
        List<NodeNic> nics = IntStream.range(0, 65)
                .mapToObj(i -> new NodeNic("nic" + i, "eth" + i, 1, true, Map.of()))
                .toList();
        assertThatExceptionOfType(DraException.class)
                .isThrownBy(() -> publisher().publish(nics, false))
                .withMessageContaining("65 capable NICs");
    }
}
