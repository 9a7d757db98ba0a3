package dev.qlease.node.nri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.qlease.node.nri.proto.ConfigureRequest;
import dev.qlease.node.nri.proto.ConfigureResponse;
import dev.qlease.node.nri.proto.Empty;
import dev.qlease.node.nri.proto.Event;
import dev.qlease.node.nri.proto.LinuxNamespace;
import dev.qlease.node.nri.proto.LinuxPod;
import dev.qlease.node.nri.proto.Pod;
import dev.qlease.node.nri.proto.PodRequest;
import dev.qlease.node.nri.proto.Request;
import dev.qlease.node.nri.proto.Response;
import dev.qlease.node.nri.proto.StateChangeEvent;
import dev.qlease.node.nri.proto.Status;
import dev.qlease.node.nri.proto.SynchronizeRequest;
import dev.qlease.node.nri.proto.SynchronizeResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PluginServiceTest {
    private final List<String> events = new ArrayList<>();
    private @Nullable RuntimeException failure;
    private final PluginService service = new PluginService(new RecordingHandler(event -> {
        events.add(event);
        if (failure != null) {
            throw failure;
        }
    }));

    private Response call(String method, MessageLite payload) throws IOException {
        return service.respond(
                FakeRuntime.request(method, payload.toByteString()).toByteArray());
    }

    private Status run() throws IOException {
        return call("RunPodSandbox", request("p")).getStatus();
    }

    private static PodRequest request(String id) {
        return PodRequest.newBuilder().setPod(FakeRuntime.pod(id)).build();
    }

    private static Pod network(String path) {
        return FakeRuntime.pod("p").toBuilder()
                .putAnnotations("qlease.dev/queues", "2")
                .setLinux(LinuxPod.newBuilder()
                        .addNamespaces(
                                LinuxNamespace.newBuilder().setType("pid").setPath("/proc/1/ns/pid"))
                        .addNamespaces(
                                LinuxNamespace.newBuilder().setType("network").setPath(path)))
                .build();
    }

    @Test
    void itSubscribesToTheEventsOfPodsAndKeepsWhatTheRuntimeIs() throws IOException {
        assertThat(service.runtime()).isEmpty();
        ConfigureRequest request = ConfigureRequest.newBuilder()
                .setRuntimeName("containerd")
                .setRuntimeVersion("v1.7.24")
                .setRegistrationTimeout(5000)
                .setRequestTimeout(2000)
                .build();
        Response response = call("Configure", request);
        assertThat(response.hasStatus()).isFalse();
        assertThat(ConfigureResponse.parseFrom(response.getPayload()).getEvents())
                .isEqualTo(0b111);
        service.disconnected();
        assertThat(service.runtime())
                .contains(new NriRuntime("containerd", "v1.7.24", Duration.ofSeconds(5), Duration.ofSeconds(2)));
    }

    @Test
    void theHandlerGetsThePodsOfSeveralMessagesAtOnce() throws IOException {
        for (String id : List.of("a", "b", "c")) {
            assertThat(service.isSynchronized()).isFalse();
            assertThat(events).isEmpty();
            boolean more = !id.equals("c");
            SynchronizeRequest request = SynchronizeRequest.newBuilder()
                    .addPods(FakeRuntime.pod(id))
                    .setMore(more)
                    .build();
            SynchronizeResponse response =
                    SynchronizeResponse.parseFrom(call("Synchronize", request).getPayload());
            assertThat(response.getMore()).isEqualTo(more);
        }
        assertThat(events).containsExactly("synchronize [a, b, c]");
        assertThat(service.isSynchronized()).isTrue();
    }

    @Test
    void aNewConnectionIsSynchronizedAnew() throws IOException {
        call("Synchronize", SynchronizeRequest.getDefaultInstance());
        SynchronizeRequest.Builder request = SynchronizeRequest.newBuilder().addPods(FakeRuntime.pod("a"));
        call("Synchronize", request.setMore(true).build());
        service.disconnected();
        assertThat(service.isSynchronized()).isFalse();
        call("Synchronize", request.setMore(false).build());
        assertThat(events).containsExactly("synchronize []", "synchronize [a]");
    }

    @Test
    void itHandlesEventsFromOlderAndNewerRuntimes() throws IOException {
        for (Event event : List.of(Event.RUN_POD_SANDBOX, Event.STOP_POD_SANDBOX, Event.REMOVE_POD_SANDBOX)) {
            StateChangeEvent change = StateChangeEvent.newBuilder()
                    .setEvent(event)
                    .setPod(FakeRuntime.pod("old"))
                    .build();
            assertThat(call("StateChange", change).hasStatus()).isFalse();
        }
        for (String method : List.of("RunPodSandbox", "StopPodSandbox", "RemovePodSandbox")) {
            assertThat(call(method, request("new")).hasStatus()).isFalse();
        }
        assertThat(events).containsExactly("run old", "stop old", "remove old", "run new", "stop new", "remove new");
    }

    @Test
    void anExceptionOfTheHandlerIsSentToTheRuntime() throws IOException {
        failure = new IllegalStateException("all queues of qnic0 are leased");
        assertThat(run().getCode()).isEqualTo(2);
        assertThat(run().getMessage()).isEqualTo("all queues of qnic0 are leased");
        failure = new IllegalStateException();
        assertThat(run().getMessage()).isEqualTo("java.lang.IllegalStateException");
        failure = new IllegalStateException("x".repeat(1 << 20));
        assertThat(run().getMessage()).hasSize(2000);
        Response response = call("Synchronize", SynchronizeRequest.getDefaultInstance());
        assertThat(response.getStatus().getCode()).isEqualTo(2);
        assertThat(service.isSynchronized()).isFalse();
    }

    @Test
    void otherServicesAndMethodsAreNotImplementedAndOtherEventsIgnored() throws IOException {
        Status status = call("CreateContainer", Empty.getDefaultInstance()).getStatus();
        assertThat(status.getCode()).isEqualTo(12);
        assertThat(status.getMessage()).isEqualTo("method CreateContainer");
        byte[] other = Request.newBuilder()
                .setService("x.Y")
                .setMethod("Configure")
                .build()
                .toByteArray();
        assertThat(service.respond(other).getStatus().getMessage()).isEqualTo("service x.Y");
        StateChangeEvent change = StateChangeEvent.newBuilder().setEventValue(7).build();
        assertThat(call("StateChange", change).hasStatus()).isFalse();
        assertThat(events).isEmpty();
    }

    @Test
    void aPodHasItsNetworkNamespaceAndAnnotations() throws IOException {
        assertThat(PodSandbox.of(network("/var/run/netns/cni-1")))
                .isEqualTo(new PodSandbox(
                        "p",
                        "name-p",
                        "uid-p",
                        "default",
                        Map.of("qlease.dev/queues", "2"),
                        Optional.of(Path.of("/var/run/netns/cni-1"))));
        assertThat(PodSandbox.of(network("")).networkNamespace()).isEmpty();
        assertThat(PodSandbox.of(FakeRuntime.pod("host")).networkNamespace()).isEmpty();
    }

    @Test
    void whatIsMalformedIsRefused() {
        assertThatThrownBy(() -> service.respond(new byte[] {0x0a}))
                .isInstanceOf(NriProtocolException.class)
                .hasMessageStartingWith("the runtime sent a malformed request: ");
        assertThatThrownBy(() -> service.respond(FakeRuntime.request("Configure", ByteString.copyFromUtf8("x"))
                        .toByteArray()))
                .isInstanceOf(NriProtocolException.class);
        assertThatThrownBy(() -> call("RunPodSandbox", Empty.getDefaultInstance()))
                .isInstanceOf(NriProtocolException.class)
                .hasMessage("the runtime sent a pod without an id");
        for (String path : List.of("netns/x", "/a\0b")) {
            assertThatThrownBy(() -> PodSandbox.of(network(path)))
                    .isInstanceOf(NriProtocolException.class)
                    .hasMessage("pod p has a network namespace whose path is invalid: " + path.replace('\0', '?'));
        }
        assertThat(events).isEmpty();
    }

    @Test
    void thePodsThatAreCollectedAreBounded() throws IOException {
        SynchronizeRequest megabytes = SynchronizeRequest.newBuilder()
                .addPods(FakeRuntime.pod("p").toBuilder().putAnnotations("a", "x".repeat(4_000_000)))
                .setMore(true)
                .build();
        for (int i = 0; i < (64 << 20) / 4_000_000; i++) {
            assertThat(call("Synchronize", megabytes).hasStatus()).isFalse();
        }
        assertThatThrownBy(() -> call("Synchronize", megabytes))
                .isInstanceOf(NriProtocolException.class)
                .hasMessage("the runtime sent more than 67108864 bytes of pods");
    }
}
