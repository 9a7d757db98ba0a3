package dev.qlease.node.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.node.NodeAgent;
import dev.qlease.node.status.NodeStatus;
import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** The manifests and the chart in src/deploy, against the code. */
class ManifestsTest {
    private static final Path DRIVER = Path.of("src/deploy/kubernetes/qlease-node.yaml");
    private static final Path EXAMPLE = Path.of("src/deploy/kubernetes/example.yaml");
    private static final Path CHART = Path.of("src/deploy/helm/qlease");

    private static <T> T only(Class<T> type, Path file) throws IOException {
        List<T> found = Manifests.objects(file).stream()
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    private static PodSpec driver() throws IOException {
        return only(DaemonSet.class, DRIVER).getSpec().getTemplate().getSpec();
    }

    private static Container container() throws IOException {
        assertThat(driver().getContainers()).hasSize(1);
        return driver().getContainers().getFirst();
    }

    @Test
    void aKeyThatOccursTwiceIsRefused() {
        assertThatThrownBy(() -> Manifests.objects("kind: Pod\nkind: Pod\napiVersion: v1"))
                .isInstanceOf(YamlEngineException.class);
    }

    @Test
    void anUnknownFieldOrKindIsRefused() {
        String pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, %s: a}]}}";
        assertThat(Manifests.objects(pod.formatted("image"))).hasSize(1);
        assertThatThrownBy(() -> Manifests.objects(pod.formatted("imege"))).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> Manifests.objects("{apiVersion: v1, kind: Pid, metadata: {name: a}}"))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void theClusterRoleHasTheRulesOfTheCode() throws IOException {
        List<ApiAccess.Rule> rules = new ArrayList<>();
        for (PolicyRule rule : only(ClusterRole.class, DRIVER).getRules()) {
            assertThat(rule.getApiGroups()).hasSize(1);
            assertThat(rule.getResources()).hasSize(1);
            assertThat(rule.getNonResourceURLs()).isEmpty();
            rules.add(new ApiAccess.Rule(
                    rule.getApiGroups().getFirst(),
                    rule.getResources().getFirst(),
                    rule.getResourceNames(),
                    rule.getVerbs()));
        }
        assertThat(rules).isEqualTo(ApiAccess.RULES);
    }

    @Test
    void theRoleIsBoundToTheAccountOfTheDriver() throws IOException {
        ClusterRoleBinding binding = only(ClusterRoleBinding.class, DRIVER);
        assertThat(binding.getRoleRef().getName())
                .isEqualTo(only(ClusterRole.class, DRIVER).getMetadata().getName());
        assertThat(binding.getSubjects()).hasSize(1);
        assertThat(binding.getSubjects().getFirst().getName()).isEqualTo(driver().getServiceAccountName());
        assertThat(binding.getSubjects().getFirst().getNamespace())
                .isEqualTo(only(DaemonSet.class, DRIVER).getMetadata().getNamespace());
    }

    @Test
    void theArgumentsAreTheDefaults() throws IOException {
        assertThat(container().getArgs())
                .containsExactly(
                        "--kubelet",
                        DraDriver.Settings.KUBELET.toString(),
                        "--nri-socket",
                        DraDriver.Settings.NRI_SOCKET.toString(),
                        "--cdi",
                        DraDriver.Settings.CDI.toString(),
                        "--listen",
                        NodeStatus.DEFAULT_LISTEN.getAddress().getHostAddress() + ":"
                                + NodeStatus.DEFAULT_LISTEN.getPort());
        assertThat(container().getEnv()).hasSize(1);
        assertThat(container().getEnv().getFirst().getName()).isEqualTo("NODE_NAME");
        assertThat(container().getEnv().getFirst().getValueFrom().getFieldRef().getFieldPath())
                .isEqualTo("spec.nodeName");
    }

    @Test
    void thePathsOfTheNodeAreTheSameInTheContainer() throws IOException {
        Map<String, Volume> volumes =
                driver().getVolumes().stream().collect(Collectors.toMap(Volume::getName, Function.identity()));
        List<String> paths = new ArrayList<>();
        for (VolumeMount mount : container().getVolumeMounts()) {
            Volume volume = Objects.requireNonNull(volumes.remove(mount.getName()));
            if (volume.getHostPath() != null) {
                assertThat(mount.getMountPath()).isEqualTo(volume.getHostPath().getPath());
                paths.add(mount.getMountPath());
            }
        }
        assertThat(volumes).isEmpty();
        assertThat(paths)
                .contains("/sys", "/sys/fs/bpf", "/var/run/netns")
                .contains(String.valueOf(DraDriver.Settings.NRI_SOCKET.getParent()))
                .contains(DraDriver.Settings.CDI.toString())
                .contains(DraDriver.Settings.KUBELET + "/plugins", DraDriver.Settings.KUBELET + "/plugins_registry")
                .contains(String.valueOf(NodeAgent.DIRECTORY.getParent()));
    }

    @Test
    void namespacesThatAreMountedLaterAppearInTheContainer() throws IOException {
        assertThat(container().getVolumeMounts())
                .filteredOn(mount -> mount.getMountPath().equals("/var/run/netns"))
                .extracting(VolumeMount::getMountPropagation)
                .containsExactly("HostToContainer");
    }

    @Test
    void theProbesReachTheStatus() throws IOException {
        Container container = container();
        Stream.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe())
                .map(probe -> probe.getHttpGet())
                .forEach(get -> {
                    assertThat(get.getHost())
                            .isEqualTo(NodeStatus.DEFAULT_LISTEN.getAddress().getHostAddress());
                    assertThat(get.getPort().getIntVal()).isEqualTo(NodeStatus.DEFAULT_LISTEN.getPort());
                });
        HTTPGetAction ready = container.getReadinessProbe().getHttpGet();
        assertThat(ready.getPath()).isEqualTo(NodeStatus.READY);
        assertThat(container.getLivenessProbe().getHttpGet().getPath()).isEqualTo(NodeStatus.LIVE);
        assertThat(container.getStartupProbe().getHttpGet().getPath()).isEqualTo(NodeStatus.LIVE);
    }

    @Test
    void theClassSelectsTheDevicesOfTheDriverAndTheExampleUsesIt() throws IOException {
        DeviceClass deviceClass = only(DeviceClass.class, DRIVER);
        assertThat(deviceClass.getMetadata().getName()).isEqualTo("queue." + DraDriver.NAME);
        assertThat(deviceClass.getSpec().getSelectors()).hasSize(1);
        assertThat(deviceClass.getSpec().getSelectors().getFirst().getCel().getExpression())
                .isEqualTo("device.driver == \"" + DraDriver.NAME + "\"");
        var devices =
                only(ResourceClaimTemplate.class, EXAMPLE).getSpec().getSpec().getDevices();
        assertThat(devices.getRequests().getFirst().getExactly().getDeviceClassName())
                .isEqualTo(deviceClass.getMetadata().getName());
        assertThat(devices.getRequests().getFirst().getExactly().getCapacity().getRequests())
                .containsOnlyKeys(DraDriver.CAPACITY);
        assertThat(devices.getConfig().getFirst().getOpaque().getDriver()).isEqualTo(DraDriver.NAME);
    }

    @Test
    void theContainersOfTheExampleHaveTheClaimAndNoPrivileges() throws IOException {
        PodSpec pod = only(Pod.class, EXAMPLE).getSpec();
        assertThat(pod.getSecurityContext().getRunAsUser()).isEqualTo(65534);
        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getContainers()).hasSize(2).allSatisfy(container -> {
            SecurityContext security = container.getSecurityContext();
            assertThat(security.getAllowPrivilegeEscalation()).isFalse();
            assertThat(security.getPrivileged()).isNull();
            Capabilities capabilities = security.getCapabilities();
            assertThat(capabilities.getDrop()).containsExactly("ALL");
            assertThat(capabilities.getAdd()).isEmpty();
            assertThat(container.getResources().getClaims())
                    .extracting(claim -> claim.getName())
                    .containsExactly(pod.getResourceClaims().getFirst().getName());
        });
        assertThat(pod.getResourceClaims().getFirst().getResourceClaimTemplateName())
                .isEqualTo(
                        only(ResourceClaimTemplate.class, EXAMPLE).getMetadata().getName());
    }

    private static Map<?, ?> chartFile(String name) throws IOException {
        return (Map<?, ?>)
                Manifests.documents(Files.readString(CHART.resolve(name))).getFirst();
    }

    @Test
    void imagesAreOfThisVersion() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        String version = pom.substring(pom.indexOf("<version>") + "<version>".length(), pom.indexOf("</version>"));
        assertThat(container().getImage()).endsWith(":" + version);
        assertThat(only(Pod.class, EXAMPLE).getSpec().getContainers())
                .allMatch(container -> container.getImage().endsWith(":" + version));
        assertThat(chartFile("Chart.yaml").get("appVersion")).isEqualTo(version);
        assertThat(version).startsWith(String.valueOf(chartFile("Chart.yaml").get("version")));
    }

    @Test
    void theChartMakesTheSameObjects() throws IOException {
        Map<String, Object> objects =
                Map.of("Values", chartFile("values.yaml"), "Release", Map.of("Namespace", "qlease"));
        List<HasMetadata> made = new ArrayList<>();
        try (Stream<Path> templates = Files.list(CHART.resolve("templates"))) {
            for (Path template : templates.toList()) {
                made.addAll(Manifests.objects(Manifests.render(Files.readString(template), objects)));
            }
        }
        List<HasMetadata> expected = Manifests.objects(DRIVER).stream()
                // Helm makes the namespace.
                .filter(object -> !object.getKind().equals("Namespace"))
                .toList();
        assertThat(made).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void theSchemaOfTheChartHasItsValues() throws IOException {
        Map<?, ?> schema = chartFile("values.schema.json");
        requireDescribed(chartFile("values.yaml"), schema, "values");
        assertThat(((Map<?, ?>) schema.get("properties")).remove("global")).isNotNull();
        requireUsed(chartFile("values.yaml"), schema);
    }

    private static void requireDescribed(Map<?, ?> values, Map<?, ?> schema, String at) {
        Map<?, ?> properties = (Map<?, ?>) schema.get("properties");
        values.forEach((key, value) -> {
            assertThat(properties.containsKey(key)).as(at + "." + key).isTrue();
            Map<?, ?> property = (Map<?, ?>) properties.get(key);
            String type = switch (value) {
                case Map<?, ?> _ -> "object";
                case List<?> _ -> "array";
                case Number _ -> "integer";
                default -> "string";
            };
            assertThat(String.valueOf(property.get("type"))).as(at + "." + key).contains(type);
            if (property.containsKey("properties")) {
                requireDescribed((Map<?, ?>) value, property, at + "." + key);
            }
        });
    }

    private static void requireUsed(Map<?, ?> values, Map<?, ?> schema) {
        ((Map<?, ?>) schema.get("properties")).forEach((key, property) -> {
            assertThat(values.containsKey(key)).as(String.valueOf(key)).isTrue();
            if (((Map<?, ?>) property).containsKey("properties")) {
                requireUsed((Map<?, ?>) values.get(key), (Map<?, ?>) property);
            }
        });
    }
}
