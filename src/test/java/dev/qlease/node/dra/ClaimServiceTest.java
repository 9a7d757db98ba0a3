package dev.qlease.node.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.node.dra.proto.Claim;
import dev.qlease.node.dra.proto.NodePrepareResourceResponse;
import dev.qlease.node.dra.proto.NodePrepareResourcesRequest;
import dev.qlease.node.dra.proto.NodeUnprepareResourcesRequest;
import dev.qlease.node.nri.PodSandbox;
import io.fabric8.kubernetes.api.model.resource.v1.AllocatedDeviceStatus;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Claims and pods on a node whose NIC and network namespaces are stand-ins, with an API server. */
@EnableKubernetesMockClient(crud = true)
class ClaimServiceTest {
    /** Set by the extension. */
    @SuppressWarnings("NullAway")
    private KubernetesClient client;

    @TempDir
    private Path directory;

    private final StandInLeases leases = new StandInLeases(4);
    private final List<DriverEvent> events = new CopyOnWriteArrayList<>();
    private Cluster cluster;
    private Reports reports;
    private Gates gates;
    private PodLeases pods;
    private ClaimService service;
    private String pools = "198.51.100.0/24";

    @BeforeEach
    void start() {
        cluster = new Cluster(client, ClaimObjects.NODE);
        reports = new Reports(cluster, events::add);
        gates = new Gates(directory.resolve("gates"));
        Claims claims = new Claims(new ClaimStore(directory.resolve("claims")), problem -> {
            throw new AssertionError(problem);
        });
        pods = new PodLeases(claims, leases, gates, reports, events::add);
        service = new ClaimService(
                claims,
                new ClaimReader(ClaimObjects.NODE),
                cluster,
                leases,
                new ClaimDevices(directory.resolve("cdi"), gates, Path.of("/run/qlease/node")),
                pods,
                reports,
                () -> AddressPools.parse(pools),
                events::add);
    }

    /** Ends the driver as kill -9 does, apart from its threads, and starts it again. */
    private void restart() {
        reports.close();
        start();
    }

    @AfterEach
    void end() {
        reports.close();
    }

    private void exists(ResourceClaim claim) {
        client.resource(claim).create();
        // The server assigns uids of its own.
        claim.getMetadata()
                .setUid(cluster.claim("default", claim.getMetadata().getName())
                        .orElseThrow()
                        .getMetadata()
                        .getUid());
    }

    private NodePrepareResourceResponse prepare(ResourceClaim claim) {
        Claim request = request(claim);
        return service.prepare(NodePrepareResourcesRequest.newBuilder()
                        .addClaims(request)
                        .build())
                .getClaimsOrThrow(request.getUid());
    }

    private String unprepare(ResourceClaim claim) {
        Claim request = request(claim);
        return service.unprepare(NodeUnprepareResourcesRequest.newBuilder()
                        .addClaims(request)
                        .build())
                .getClaimsOrThrow(request.getUid())
                .getError();
    }

    private static Claim request(ResourceClaim claim) {
        return Claim.newBuilder()
                .setNamespace("default")
                .setName(claim.getMetadata().getName())
                .setUid(claim.getMetadata().getUid())
                .build();
    }

    private PodSandbox sandbox(String claim, String id) throws IOException {
        Path netns = directory.resolve("netns-" + id);
        if (!Files.exists(netns)) {
            Files.createFile(netns);
        }
        return new PodSandbox(id, claim + "-pod", claim + "-pod-uid", "default", Map.of(), Optional.of(netns));
    }

    private String gate(ResourceClaim claim) {
        return claim.getMetadata().getUid() + "-0";
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> directory.relativize(file).toString())
                    .filter(file -> !file.startsWith("netns-"))
                    .sorted()
                    .toList();
        }
    }

    private ResourceClaim prepared(String name) {
        ResourceClaim claim = ClaimObjects.claim(name, "1", "");
        exists(claim);
        assertThat(prepare(claim).getError()).isEmpty();
        return claim;
    }

    @Test
    void aClaimIsPreparedLeasedReleasedAndUnprepared() throws IOException {
        pods.synchronize(List.of());
        ResourceClaim claim = ClaimObjects.claim("a", "2", "");
        exists(claim);
        NodePrepareResourceResponse answer = prepare(claim);
        assertThat(answer.getError()).isEmpty();
        assertThat(answer.getDevicesList()).singleElement().satisfies(device -> {
            assertThat(device.getRequestNamesList()).containsExactly("queue");
            assertThat(device.getPoolName()).isEqualTo("node1");
            assertThat(device.getDeviceName()).isEqualTo(ClaimObjects.DEVICE);
            assertThat(device.getShareId()).isEqualTo("a-share");
            assertThat(device.getCdiDeviceIdsList()).containsExactly("qlease.dev/claim=" + gate(claim));
        });
        assertThat(gates.isOpen(gate(claim))).isFalse();
        assertThat(leases.owners()).isEmpty();
        String owner = "dra:" + claim.getMetadata().getUid() + ":0";
        assertThat(leases.reserved()).containsExactly(owner);

        PodSandbox pod = sandbox("a", "s1");
        pods.runPodSandbox(pod);
        assertThat(leases.owners()).containsExactly(owner);
        assertThat(Files.readString(gates.path(gate(claim))))
                .contains("\"device\" : \"nk0\"", "\"addresses\" : [ \"198.51.100.2/24\" ]");
        awaitStatus("a", "True");

        pods.stopPodSandbox(pod);
        assertThat(leases.owners()).isEmpty();
        assertThat(gates.isOpen(gate(claim))).isFalse();
        awaitStatus("a", "False");
        pods.removePodSandbox(pod);
        assertThat(leases.reserved()).containsExactly(owner);

        assertThat(unprepare(claim)).isEmpty();
        assertThat(leases.reserved()).isEmpty();
        assertThat(unprepare(claim)).isEmpty();
        assertThat(files()).isEmpty();
    }

    private void awaitStatus(String name, String ready) {
        Instant end = Instant.now().plus(Duration.ofSeconds(20));
        while (true) {
            List<AllocatedDeviceStatus> devices =
                    cluster.claim("default", name).orElseThrow().getStatus().getDevices();
            if (devices.size() == 1
                    && devices.getFirst().getConditions().getFirst().getStatus().equals(ready)) {
                boolean there = ready.equals("True");
                assertThat(devices.getFirst().getNetworkData() != null).isEqualTo(there);
                if (there) {
                    assertThat(devices.getFirst().getNetworkData().getInterfaceName())
                            .isEqualTo("nk0");
                    assertThat(devices.getFirst().getNetworkData().getIps()).containsExactly("198.51.100.2/24");
                    assertThat(devices.getFirst().getShareID()).isEqualTo("a-share");
                }
                return;
            }
            assertThat(Instant.now()).as("status of the claim: %s", devices).isBefore(end);
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void preparingAgainGivesTheSame() {
        ResourceClaim claim = prepared("a");
        NodePrepareResourceResponse first = prepare(claim);
        restart();
        assertThat(prepare(claim)).isEqualTo(first);
    }

    @Test
    void aReservationThatIsLostIsMadeAgainByKubeletsNextRequestOrWithTime() {
        pods.synchronize(List.of());
        ResourceClaim claim = prepared("a");
        List<String> reserved = leases.reserved();
        leases.loseReservations();
        assertThat(prepare(claim).getError()).isEmpty();
        assertThat(leases.reserved()).isEqualTo(reserved);
        leases.loseReservations();
        leases.refusals.addAll(List.of("the NIC is down", "the NIC is down"));
        pods.reconcile();
        pods.reconcile();
        assertThat(leases.reserved()).isEmpty();
        assertThat(events)
                .filteredOn(event -> event.kind() == DriverEvent.Kind.NOT_PREPARED)
                .hasSize(1);
        pods.reconcile();
        assertThat(leases.reserved()).isEqualTo(reserved);
    }

    @Test
    void aPodWhoseReservationIsLostGetsItWithItsLease() throws IOException {
        pods.synchronize(List.of());
        ResourceClaim claim = prepared("a");
        leases.loseReservations();
        pods.runPodSandbox(sandbox("a", "s1"));
        assertThat(gates.isOpen(gate(claim))).isTrue();
        assertThat(leases.reserved()).hasSize(1);
    }

    @Test
    void aReservationThatIsRefusedFailsTheClaimAndNothingRemains() throws IOException {
        leases.refusals.add("the NIC is down");
        ResourceClaim claim = ClaimObjects.claim("a", "1", "");
        exists(claim);
        assertThat(prepare(claim).getError()).isEqualTo("the NIC is down");
        assertThat(files()).isEmpty();
        assertThat(prepare(claim).getError()).isEmpty();
    }

    @Test
    void moreQueuesThanThereAreAreRefusedWithAnEventAndNothingRemains() throws IOException {
        prepared("a");
        List<String> before = files();
        ResourceClaim large = ClaimObjects.claim("b", "4", "");
        exists(large);
        assertThat(prepare(large).getError()).isEqualTo("too few queues are free");
        assertThat(files()).isEqualTo(before);
        assertThat(leases.reserved()).hasSize(1);
        reports.close();
        assertThat(client.events().v1().events().inNamespace("default").list().getItems())
                .extracting(event -> event.getRegarding().getKind() + " " + event.getNote())
                .containsExactlyInAnyOrder("ResourceClaim too few queues are free", "Pod too few queues are free");
    }

    @Test
    void twoClaimsHaveTwoAddressesAndOnePodTwoDevices() {
        ResourceClaim one = ClaimObjects.claim("a", "1", "");
        ResourceClaim two = ClaimObjects.claim("b", "1", "");
        two.getStatus().setReservedFor(one.getStatus().getReservedFor());
        exists(one);
        exists(two);
        assertThat(prepare(one).getError()).isEmpty();
        assertThat(prepare(two).getError()).isEmpty();
        Claims read = new Claims(new ClaimStore(directory.resolve("claims")), _ -> {});
        assertThat(read.all())
                .flatExtracting(PreparedClaim::shares)
                .extracting(share -> share.guest() + " " + share.addresses())
                .containsExactlyInAnyOrder("nk0 [198.51.100.2/24]", "nk1 [198.51.100.3/24]");
    }

    @Test
    void addressesOfOthersAndAddressesOutsideThePoolsAreRefused() {
        prepared("a");
        for (String address : List.of("198.51.100.2/24", "198.51.101.2/24")) {
            ResourceClaim claim = ClaimObjects.claim(
                    "b" + address.charAt(9),
                    "1",
                    ClaimObjects.config("FromClaim", "\"addresses\": [\"" + address + "\"]"));
            exists(claim);
            assertThat(prepare(claim).getError()).contains("address " + address);
        }
        pools = "";
        ResourceClaim none = ClaimObjects.claim("c", "1", "");
        exists(none);
        assertThat(prepare(none).getError()).contains("there is no address", "qlease.dev/address-pools");
    }

    @Test
    void aClaimThatWasReplacedOrDeletedIsRefused() {
        ResourceClaim claim = ClaimObjects.claim("a", "1", "");
        assertThat(prepare(claim).getError()).isEqualTo("there is no claim default/a");
        exists(claim);
        claim.getMetadata().setUid("another");
        assertThat(prepare(claim).getError()).contains("was replaced");
        claim.getMetadata().setUid("../etc");
        assertThat(prepare(claim).getError()).contains("is no uid of a claim");
        assertThat(unprepare(claim)).contains("is no uid of a claim");
    }

    @Test
    void aFailedLeaseStopsThePodAndTheNextTrySucceeds() throws IOException {
        pods.synchronize(List.of());
        ResourceClaim claim = prepared("a");
        leases.failures.add("the NIC is down");
        PodSandbox first = sandbox("a", "s1");
        assertThatExceptionOfType(DraException.class)
                .isThrownBy(() -> pods.runPodSandbox(first))
                .withMessage("the NIC is down");
        assertThat(leases.owners()).isEmpty();
        assertThat(gates.isOpen(gate(claim))).isFalse();
        Files.delete(first.networkNamespace().orElseThrow());
        pods.runPodSandbox(sandbox("a", "s2"));
        assertThat(gates.isOpen(gate(claim))).isTrue();
    }

    @Test
    void aPodOnTheHostsNetworkIsRefused() {
        pods.synchronize(List.of());
        prepared("a");
        PodSandbox pod = new PodSandbox("s1", "a-pod", "a-pod-uid", "default", Map.of(), Optional.empty());
        assertThatThrownBy(() -> pods.runPodSandbox(pod)).hasMessageContaining("hostNetwork");
    }

    @Test
    void aPodThatStartedMeanwhileGetsItsLeaseWithTheNextConnection() throws IOException {
        ResourceClaim claim = prepared("a");
        PodSandbox pod = sandbox("a", "s1");
        restart();
        pods.reconcile();
        assertThat(leases.owners()).isEmpty();
        pods.synchronize(List.of(pod));
        assertThat(gates.isOpen(gate(claim))).isTrue();
        restart();
        pods.synchronize(List.of(pod));
        assertThat(leases.owners()).hasSize(1);
    }

    @Test
    void whatEndedMeanwhileIsReleased() throws IOException {
        pods.synchronize(List.of());
        ResourceClaim claim = prepared("a");
        pods.runPodSandbox(sandbox("a", "s1"));
        restart();
        pods.synchronize(List.of());
        assertThat(leases.owners()).isEmpty();
        assertThat(gates.isOpen(gate(claim))).isFalse();
    }

    @Test
    void aStoppedSandboxThatIsStillListedIsNotAlive() throws IOException {
        pods.synchronize(List.of());
        prepared("a");
        PodSandbox pod = sandbox("a", "s1");
        pods.runPodSandbox(pod);
        Files.delete(pod.networkNamespace().orElseThrow());
        restart();
        pods.synchronize(List.of(pod));
        assertThat(leases.owners()).isEmpty();
    }

    @Test
    void theEndOfAnOldSandboxDoesNotAffectTheNewOne() throws IOException {
        pods.synchronize(List.of());
        ResourceClaim claim = prepared("a");
        PodSandbox old = sandbox("a", "s1");
        pods.runPodSandbox(old);
        pods.runPodSandbox(sandbox("a", "s2"));
        pods.stopPodSandbox(old);
        pods.removePodSandbox(old);
        assertThat(gates.isOpen(gate(claim))).isTrue();
        assertThat(leases.held())
                .singleElement()
                .extracting(ShareLeases.Held::netnsCookie)
                .isEqualTo(leases.cookie(directory.resolve("netns-s2")));
    }

    @Test
    void aSpoiledLeaseIsMadeAgain() throws IOException {
        pods.synchronize(List.of());
        ResourceClaim claim = prepared("a");
        pods.runPodSandbox(sandbox("a", "s1"));
        leases.spoil("dra:" + claim.getMetadata().getUid() + ":0");
        pods.reconcile();
        assertThat(leases.held()).singleElement().matches(ShareLeases.Held::usable);
    }

    @Test
    void leasesGatesAndDevicesOfUnknownClaimsAreDeleted() throws IOException {
        ResourceClaim claim = prepared("a");
        pods.synchronize(List.of());
        pods.runPodSandbox(sandbox("a", "s1"));
        Files.delete(directory.resolve("claims/" + claim.getMetadata().getUid() + ".json"));
        restart();
        pods.synchronize(List.of());
        service.reconcile();
        assertThat(leases.owners()).isEmpty();
        assertThat(leases.reserved()).isEmpty();
        assertThat(files()).isEmpty();
    }

    @Test
    void aClaimThatKubeletHasForgottenIsUnpreparedOnceItIsDeleted() throws IOException {
        ResourceClaim claim = prepared("a");
        service.reconcile();
        assertThat(files()).isNotEmpty();
        client.resource(claim).delete();
        service.reconcile();
        assertThat(files()).isEmpty();
    }

    @Test
    void aRefusalThatRepeatsIsReportedOnce() throws IOException {
        ResourceClaim claim = prepared("a");
        leases.failures.addAll(List.of("the NIC is down", "the NIC is down"));
        pods.synchronize(List.of(sandbox("a", "s1")));
        pods.reconcile();
        assertThat(events)
                .filteredOn(event -> event.kind() == DriverEvent.Kind.NOT_LEASED)
                .hasSize(1);
        pods.reconcile();
        assertThat(gates.isOpen(gate(claim))).isTrue();
    }

    @Test
    void podsAndKubeletAtTheSameTimeLeaveNothing() throws Exception {
        pods.synchronize(List.of());
        ResourceClaim claim = prepared("a");
        PodSandbox pod = sandbox("a", "s1");
        for (int i = 0; i < 50; i++) {
            Thread runtime = Thread.ofPlatform().start(() -> {
                try {
                    pods.runPodSandbox(pod);
                } catch (DraException e) {
                    // The claim was unprepared meanwhile.
                    return;
                }
            });
            Thread ticking = Thread.ofPlatform().start(pods::reconcile);
            assertThat(unprepare(claim)).isEmpty();
            runtime.join();
            ticking.join();
            pods.reconcile();
            assertThat(leases.owners()).isEmpty();
            assertThat(leases.reserved()).isEmpty();
            assertThat(files()).isEmpty();
            assertThat(prepare(claim).getError()).isEmpty();
        }
    }
}
