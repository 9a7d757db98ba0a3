package dev.qlease.node.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.node.dra.PreparedClaim.PodReference;
import dev.qlease.node.dra.PreparedClaim.Share;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimConsumerReferenceBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClaimReaderTest {
    private final ClaimReader reader = new ClaimReader(ClaimObjects.NODE);

    @Test
    void theSharesOfThisDriverAreRead() {
        PreparedClaim claim = reader.read(
                ClaimObjects.claim("a", "3", ClaimObjects.config("FromClaim", "\"guest\": \"nk7\", \"mode\": \"l3\"")));
        assertThat(claim)
                .isEqualTo(new PreparedClaim(
                        "a-uid",
                        "default",
                        "a",
                        List.of(new PodReference("a-pod", "a-pod-uid")),
                        "",
                        List.of(new Share(
                                "queue",
                                "node1",
                                ClaimObjects.DEVICE,
                                "a-share",
                                3,
                                "nk7",
                                List.of(),
                                "{\"guest\":\"nk7\",\"mode\":\"l3\"}",
                                List.of("/dev/udmabuf")))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1500m", "-1", "5k"})
    void anImpossibleNumberOfQueuesIsRefused(String queues) {
        assertThatExceptionOfType(DraException.class)
                .isThrownBy(() -> reader.read(ClaimObjects.claim("a", queues, "")))
                .withMessageContaining("rxQueues " + queues);
    }

    @Test
    void aConfigurationForAnotherRequestOrDriverIsNotMeant() {
        PreparedClaim claim = reader.read(ClaimObjects.claim("a", "1", """
                {"source": "FromClaim", "requests": ["other"],
                 "opaque": {"driver": "qlease.dev", "parameters": {"x": 1}}},
                {"source": "FromClass", "opaque": {"driver": "gpu.example.com", "parameters": {"y": 1}}}"""));
        assertThat(claim.shares().getFirst().lease()).isEqualTo("{}");
    }

    @Test
    void aClaimOfSeveralPodsOrOfNoneIsRefused() {
        ResourceClaim claim = ClaimObjects.claim("a", "1", "");
        claim.getStatus()
                .getReservedFor()
                .add(new ResourceClaimConsumerReferenceBuilder()
                        .withResource("pods")
                        .withName("b")
                        .withUid("b-uid")
                        .build());
        assertThatExceptionOfType(DraException.class)
                .isThrownBy(() -> reader.read(claim))
                .withMessageContaining("reserved for 2 pods")
                .withMessageContaining("ResourceClaimTemplate");
        claim.getStatus().getReservedFor().clear();
        assertThatExceptionOfType(DraException.class).isThrownBy(() -> reader.read(claim));
    }

    @Test
    void aClaimWithoutAllocationOrFromElsewhereIsRefused() {
        ResourceClaim claim = ClaimObjects.claim("a", "1", "");
        assertThatExceptionOfType(DraException.class)
                .isThrownBy(() -> new ClaimReader("node2").read(claim))
                .withMessageContaining("from pool node1, not from node2");
        claim.getStatus().setAllocation(null);
        assertThatExceptionOfType(DraException.class)
                .isThrownBy(() -> reader.read(claim))
                .withMessage("claim default/a is not allocated");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../x", "a/b", "a.b", "-a"})
    void aUidThatIsNoPartOfAFileNameIsRefused(String uid) {
        ResourceClaim claim = ClaimObjects.claim("a", "1", "");
        claim.getMetadata().setUid(uid);
        assertThatExceptionOfType(DraException.class).isThrownBy(() -> reader.read(claim));
    }
}
