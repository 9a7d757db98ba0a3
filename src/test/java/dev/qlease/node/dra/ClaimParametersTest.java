package dev.qlease.node.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.node.dra.ClaimParameters.Given;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClaimParametersTest {
    private static Given ofClaim(String fields) {
        return new Given(false, "{\"apiVersion\": \"qlease.dev/v1\", \"kind\": \"LeaseParameters\"" + fields + "}");
    }

    private static Given ofClass(String fields) {
        return new Given(true, "{\"apiVersion\": \"qlease.dev/v1\", \"kind\": \"LeaseParameters\"" + fields + "}");
    }

    @Test
    void withoutParametersAPodAllocatesMemoryFromUdmabuf() {
        ClaimParameters parameters = ClaimParameters.of(List.of());
        assertThat(parameters.nodes()).containsExactly("/dev/udmabuf");
        assertThat(parameters.json()).isEqualTo("{}");
        assertThat(parameters.guest()).isEmpty();
        assertThat(parameters.addresses()).isEmpty();
        assertThat(ClaimParameters.needsAddress(parameters.json())).isTrue();
    }

    @Test
    void theClaimAddsToTheClass() {
        ClaimParameters parameters = ClaimParameters.of(List.of(
                ofClaim(", \"addresses\": [\"2001:db8:2::9/64\"], \"guest\": \"rdma0\", \"ports\": [5201]"),
                ofClass(", \"mode\": \"l3\", \"rx-ring\": 1024, \"memory\": [\"udmabuf\", \"dma-heap\"]")));
        assertThat(parameters.nodes()).containsExactly("/dev/udmabuf", "/dev/dma_heap/system");
        assertThat(parameters.guest()).hasValue("rdma0");
        assertThat(parameters.addresses()).containsExactly("2001:db8:2::9/64");
        assertThat(parameters.json())
                .isEqualTo("{\"mode\":\"l3\",\"rx-ring\":1024,\"addresses\":[\"2001:db8:2::9/64\"],"
                        + "\"guest\":\"rdma0\",\"ports\":[5201]}");
    }

    @Test
    void theClaimReplacesNothingOfTheClass() {
        assertThatExceptionOfType(DraException.class)
                .isThrownBy(
                        () -> ClaimParameters.of(List.of(ofClass(", \"mode\": \"l3\""), ofClaim(", \"mode\": \"l2\""))))
                .withMessageContaining("mode: the DeviceClass, or another configuration of the claim, has it");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    , "rx-ring": 1024           | rx-ring
                    , "single": true            | single
                    , "shared-traffic": true    | shared-traffic
                    , "nic": "eth0"             | nic
                    , "queues": 2               | queues
                    , "netns": "/run/netns/x"   | netns
                    , "memory": ["gpu"]         | memory
                    , "memory": 7               | memory
                    , "mode": "l4"              | mode
                    , "addresses": ["::1::/64"] | addresses
                    , "addresses": "x"          | addresses
                    , "ports": [0]              | ports
                    , "guest": 7, "guest": "a"  | guest
                    , "owner": "cni:x"          | owner
                    """)
    void whatAClaimMayNotGiveIsNamed(String fields, String field) {
        assertThatExceptionOfType(DraException.class)
                .isThrownBy(() -> ClaimParameters.of(List.of(ofClaim(fields))))
                .withMessageContaining(field);
    }

    @Test
    void theKindIsRequired() {
        for (String json : List.of(
                "{}",
                "{\"apiVersion\": \"qlease.dev/v1\"}",
                "{\"apiVersion\": \"qlease.dev/v2\", \"kind\": \"LeaseParameters\"}",
                "{\"apiVersion\": \"qlease.dev/v1\", \"kind\": \"Lease\"}")) {
            assertThatExceptionOfType(DraException.class)
                    .isThrownBy(() -> ClaimParameters.of(List.of(new Given(false, json))))
                    .withMessageMatching(".*(apiVersion|kind).*give.*");
        }
        for (String json : List.of("", "7", "null", "[]", "{", "\"x\"")) {
            assertThatExceptionOfType(DraException.class)
                    .isThrownBy(() -> ClaimParameters.of(List.of(new Given(true, json))))
                    .withMessageContaining("parameters of the DeviceClass");
        }
    }

    @Test
    void aLeaseWithoutPacketsNeedsNoAddress() {
        assertThat(ClaimParameters.needsAddress("{\"redirect\":\"none\"}")).isFalse();
        assertThat(ClaimParameters.needsAddress("{\"single\":true}")).isFalse();
        assertThat(ClaimParameters.needsAddress("{\"redirect\":\"tc\"}")).isTrue();
    }
}
