package dev.qlease.node.nri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.qlease.node.nri.proto.ConfigureRequest;
import dev.qlease.node.nri.proto.ConfigureResponse;
import dev.qlease.node.nri.proto.Empty;
import dev.qlease.node.nri.proto.Event;
import dev.qlease.node.nri.proto.LinuxNamespace;
import dev.qlease.node.nri.proto.LinuxPod;
import dev.qlease.node.nri.proto.Pod;
import dev.qlease.node.nri.proto.RegisterPluginRequest;
import dev.qlease.node.nri.proto.Request;
import dev.qlease.node.nri.proto.Response;
import dev.qlease.node.nri.proto.StateChangeEvent;
import dev.qlease.node.nri.proto.Status;
import dev.qlease.node.nri.proto.SynchronizeRequest;
import dev.qlease.node.nri.proto.SynchronizeResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The plugin with a stand-in of the runtime. */
@Timeout(30)
class NriPluginTest {
    @TempDir
    Path directory;

    private final BlockingQueue<String> problems = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final BlockingQueue<PodSandbox> pods = new LinkedBlockingQueue<>();
    private volatile @Nullable CountDownLatch gate;
    private volatile @Nullable RuntimeException failure;
    private @Nullable NriPlugin plugin;
    private @Nullable Thread thread;

    private final NriHandler handler = new NriHandler() {
        @Override
        public void synchronize(List<PodSandbox> all) {
            handle("synchronize " + all.stream().map(PodSandbox::id).toList());
        }

        @Override
        public void runPodSandbox(PodSandbox pod) {
            pods.add(pod);
            handle("run " + pod.id());
        }

        @Override
        public void stopPodSandbox(PodSandbox pod) {
            handle("stop " + pod.id());
        }

        @Override
        public void removePodSandbox(PodSandbox pod) {
            handle("remove " + pod.id());
        }
    };

    private void handle(String event) {
        events.add(event);
        CountDownLatch opened = gate;
        if (opened != null) {
            try {
                opened.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        RuntimeException thrown = failure;
        if (thrown != null) {
            throw thrown;
        }
    }

    private Path socket() {
        return directory.resolve("nri.sock");
    }

    private NriPlugin start() {
        NriPlugin started = new NriPlugin(socket(), "qlease", "10", handler, problems::add);
        plugin = started;
        thread = Thread.ofPlatform().daemon().start(started::run);
        return started;
    }

    @AfterEach
    void end() throws InterruptedException {
        if (plugin != null && thread != null) {
            plugin.close();
            assertThat(thread.join(Duration.ofSeconds(5))).isTrue();
            assertThat(plugin.isConnected()).isFalse();
        }
    }

    private static StateChangeEvent change(Event event, Pod pod) {
        return StateChangeEvent.newBuilder().setEvent(event).setPod(pod).build();
    }

    private String event() throws InterruptedException {
        return String.valueOf(events.poll(20, TimeUnit.SECONDS));
    }

    private String problem() throws InterruptedException {
        return String.valueOf(problems.poll(20, TimeUnit.SECONDS));
    }

    @Test
    void itRegistersWithItsNameAndIndex() throws IOException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                Frame frame = there.next().orElseThrow();
                assertThat(frame.connection()).isEqualTo(Frame.RUNTIME);
                assertThat(frame.type()).isEqualTo(Frame.REQUEST);
                Request request = Request.parseFrom(frame.data());
                assertThat(request.getService()).isEqualTo("nri.pkg.api.v1alpha1.Runtime");
                assertThat(request.getMethod()).isEqualTo("RegisterPlugin");
                RegisterPluginRequest registration = RegisterPluginRequest.parseFrom(request.getPayload());
                assertThat(registration.getPluginName()).isEqualTo("qlease");
                assertThat(registration.getPluginIdx()).isEqualTo("10");
            }
        }
    }

    @Test
    void itSubscribesToTheEventsOfPodsAndKeepsWhatTheRuntimeIs() throws IOException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            NriPlugin started = start();
            assertThat(started.runtime()).isEmpty();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.register(Response.getDefaultInstance());
                Response response = there.call(
                        "Configure",
                        ConfigureRequest.newBuilder()
                                .setRuntimeName("containerd")
                                .setRuntimeVersion("v1.7.24")
                                .setRegistrationTimeout(5000)
                                .setRequestTimeout(2000)
                                .build());
                assertThat(response.hasStatus()).isFalse();
                assertThat(ConfigureResponse.parseFrom(response.getPayload()).getEvents())
                        .isEqualTo(0b111);
                assertThat(started.runtime())
                        .contains(
                                new NriRuntime("containerd", "v1.7.24", Duration.ofSeconds(5), Duration.ofSeconds(2)));
                assertThat(started.isConnected()).isFalse();
            }
        }
    }

    @Test
    void theHandlerGetsThePodsOfSeveralMessagesAtOnce() throws IOException, InterruptedException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            NriPlugin started = start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.register(Response.getDefaultInstance());
                for (String id : List.of("a", "b", "c")) {
                    boolean more = !id.equals("c");
                    assertThat(started.isConnected()).isFalse();
                    Response response = there.call(
                            "Synchronize",
                            SynchronizeRequest.newBuilder()
                                    .addPods(FakeRuntime.pod(id))
                                    .setMore(more)
                                    .build());
                    assertThat(SynchronizeResponse.parseFrom(response.getPayload())
                                    .getMore())
                            .isEqualTo(more);
                }
                assertThat(event()).isEqualTo("synchronize [a, b, c]");
                assertThat(events).isEmpty();
                assertThat(started.isConnected()).isTrue();
            }
        }
    }

    @Test
    void itHandlesEventsFromOlderAndNewerRuntimes() throws IOException, InterruptedException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome();
                Pod pod = FakeRuntime.pod("p");
                assertThat(event()).isEqualTo("synchronize []");
                for (Event event : List.of(Event.RUN_POD_SANDBOX, Event.STOP_POD_SANDBOX, Event.REMOVE_POD_SANDBOX)) {
                    Response response = there.call("StateChange", change(event, pod));
                    assertThat(response.hasStatus()).isFalse();
                }
                for (String method : List.of("RunPodSandbox", "StopPodSandbox", "RemovePodSandbox")) {
                    assertThat(there.call(method, pod).hasStatus()).isFalse();
                }
                assertThat(events).containsExactly("run p", "stop p", "remove p", "run p", "stop p", "remove p");
            }
        }
    }

    @Test
    void aPodHasItsNetworkNamespaceAndAnnotations() throws IOException {
        Pod own = FakeRuntime.pod("own").toBuilder()
                .putAnnotations("qlease.dev/queues", "2")
                .setLinux(LinuxPod.newBuilder()
                        .addNamespaces(LinuxNamespace.newBuilder().setType("pid"))
                        .addNamespaces(
                                LinuxNamespace.newBuilder().setType("network").setPath("/var/run/netns/cni-1")))
                .build();
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome();
                there.call("RunPodSandbox", own);
                there.call("RunPodSandbox", FakeRuntime.pod("host"));
                assertThat(pods)
                        .containsExactly(
                                new PodSandbox(
                                        "own",
                                        "name-own",
                                        "uid-own",
                                        "default",
                                        Map.of("qlease.dev/queues", "2"),
                                        Optional.of(Path.of("/var/run/netns/cni-1"))),
                                new PodSandbox("host", "name-host", "uid-host", "default", Map.of(), Optional.empty()));
            }
        }
    }

    @Test
    void anExceptionOfTheHandlerIsSentToTheRuntime() throws IOException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome();
                failure = new IllegalStateException("all queues of qnic0 are leased");
                Status status =
                        there.call("RunPodSandbox", FakeRuntime.pod("p")).getStatus();
                assertThat(status.getCode()).isEqualTo(2);
                assertThat(status.getMessage()).isEqualTo("all queues of qnic0 are leased");
                failure = new IllegalStateException();
                assertThat(there.call("StopPodSandbox", FakeRuntime.pod("p"))
                                .getStatus()
                                .getMessage())
                        .isEqualTo("java.lang.IllegalStateException");
                failure = new IllegalStateException("x".repeat(1 << 20));
                assertThat(there.call("RunPodSandbox", FakeRuntime.pod("p"))
                                .getStatus()
                                .getMessage())
                        .hasSize(2000);
                failure = null;
                assertThat(there.call("RunPodSandbox", FakeRuntime.pod("p")).hasStatus())
                        .isFalse();
            }
        }
    }

    @Test
    void itIsNotConnectedIfTheHandlerCannotSynchronize() throws IOException {
        failure = new IllegalStateException("no");
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            NriPlugin started = start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.register(Response.getDefaultInstance());
                assertThat(there.call("Synchronize", SynchronizeRequest.getDefaultInstance())
                                .getStatus()
                                .getMessage())
                        .isEqualTo("no");
                assertThat(started.isConnected()).isFalse();
            }
        }
    }

    @Test
    void otherMethodsAreNotImplementedAndOtherEventsIgnored() throws IOException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome();
                Status status = there.call("CreateContainer", Empty.getDefaultInstance())
                        .getStatus();
                assertThat(status.getCode()).isEqualTo(12);
                assertThat(status.getMessage()).isEqualTo("method CreateContainer");
                there.write(FakeRuntime.frames(
                        Frame.PLUGIN,
                        99,
                        Frame.REQUEST,
                        Request.newBuilder()
                                .setService("x.Y")
                                .setMethod("Configure")
                                .build()));
                Response response =
                        Response.parseFrom(there.next().orElseThrow().data());
                assertThat(response.getStatus().getCode()).isEqualTo(12);
                StateChangeEvent started =
                        StateChangeEvent.newBuilder().setEventValue(7).build();
                assertThat(there.call("StateChange", started).hasStatus()).isFalse();
            }
        }
    }

    @Test
    void requestsAreServedInOrderHoweverTheyAreCut() throws IOException, InterruptedException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome();
                ByteArrayOutputStream three = new ByteArrayOutputStream();
                Pod large = FakeRuntime.pod("large").toBuilder()
                        .putAnnotations("a", "x".repeat(10_000))
                        .build();
                three.writeBytes(there.request("StateChange", change(Event.RUN_POD_SANDBOX, FakeRuntime.pod("a"))));
                three.writeBytes(there.request("StateChange", change(Event.RUN_POD_SANDBOX, large)));
                three.writeBytes(there.request("StateChange", change(Event.STOP_POD_SANDBOX, large)));
                byte[] bytes = three.toByteArray();
                there.write(Arrays.copyOf(bytes, bytes.length - 3));
                assertThat(event()).isEqualTo("synchronize []");
                assertThat(event()).isEqualTo("run a");
                assertThat(event()).isEqualTo("run large");
                there.write(Arrays.copyOfRange(bytes, bytes.length - 3, bytes.length));
                assertThat(event()).isEqualTo("stop large");
            }
        }
    }

    @Test
    void itConnectsAgainAndReportsEachProblemOnce() throws IOException, InterruptedException {
        NriPlugin started = start();
        assertThat(problem()).isEqualTo("cannot connect to " + socket() + ": No such file or directory");
        for (int i = 0; i < 3; i++) {
            try (FakeRuntime runtime = new FakeRuntime(socket());
                    FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome(FakeRuntime.pod("p" + i));
                assertThat(event()).isEqualTo("synchronize [p" + i + "]");
                assertThat(started.isConnected()).isTrue();
            }
        }
        assertThat(problem()).isEqualTo("the connection to " + socket() + " ended: the runtime closed the connection");
        assertThat(problems).isEmpty();
    }

    @Test
    void aRefusedRegistrationIsReported() throws IOException, InterruptedException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            for (int i = 0; i < 2; i++) {
                try (FakeRuntime.Plugin there = runtime.accept()) {
                    there.refuse("index taken");
                    assertThat(there.next()).isEmpty();
                }
            }
            assertThat(problem())
                    .isEqualTo("the connection to " + socket() + " ended: the runtime refused the plugin: index taken");
            assertThat(problems).isEmpty();
        }
    }

    @Test
    void malformedMessagesEndTheConnection() throws IOException, InterruptedException {
        byte[] tooLong = {0, 0, 0, 1, 0, 0, 0, 10, 0x7f, 0, 0, 0, 0, 0, 0, 1, 1, 0};
        byte[] noRequest = {0, 0, 0, 1, 0, 0, 0, 11, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0x0a};
        byte[] noPod = FakeRuntime.frames(
                Frame.PLUGIN, 1, Frame.REQUEST, FakeRuntime.request("RunPodSandbox", ByteString.EMPTY));
        byte[] unexpected = FakeRuntime.frames(Frame.RUNTIME, 3, Frame.RESPONSE, Response.getDefaultInstance());
        byte[] noResponse = {0, 0, 0, 2, 0, 0, 0, 11, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0x0a};
        Map<String, byte[]> all = Map.of(
                "sent a message of 2130706432 bytes; the most is 4194304", tooLong,
                "sent a malformed request: ", noRequest,
                "sent a pod without an id", noPod,
                "sent an unexpected message of type 2 on stream 3 of connection 2", unexpected,
                "sent a malformed response: ", noResponse);
        for (Map.Entry<String, byte[]> each : all.entrySet()) {
            try (FakeRuntime runtime = new FakeRuntime(socket())) {
                start();
                try (FakeRuntime.Plugin there = runtime.accept()) {
                    assertThat(there.next()).isPresent();
                    there.write(each.getValue());
                    assertThat(there.next()).isEmpty();
                    assertThat(problem())
                            .startsWith("the connection to " + socket() + " ended: the runtime " + each.getKey());
                }
                try (FakeRuntime.Plugin there = runtime.accept()) {
                    there.welcome();
                }
                end();
                problems.clear();
            }
        }
    }

    @Test
    void tooManyPodsEndTheConnection() throws IOException, InterruptedException {
        SynchronizeRequest megabytes = SynchronizeRequest.newBuilder()
                .addPods(FakeRuntime.pod("p").toBuilder().putAnnotations("a", "x".repeat(4_000_000)))
                .setMore(true)
                .build();
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.register(Response.getDefaultInstance());
                for (int i = 0; i < (64 << 20) / 4_000_000; i++) {
                    there.call("Synchronize", megabytes);
                }
                there.write(there.request("Synchronize", megabytes));
                assertThat(there.next()).isEmpty();
            }
            assertThat(problem()).endsWith("the runtime sent more than 67108864 bytes of pods");
        }
    }

    @Test
    void tooManyRequestsDuringAnotherEndTheConnection() throws IOException, InterruptedException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome();
                CountDownLatch opened = new CountDownLatch(1);
                gate = opened;
                for (int i = 0; i < RequestQueue.MOST + 2; i++) {
                    there.write(there.request("StateChange", change(Event.RUN_POD_SANDBOX, FakeRuntime.pod("p" + i))));
                    if (i == 0) {
                        assertThat(event()).isEqualTo("synchronize []");
                        assertThat(event()).isEqualTo("run p0");
                    }
                }
                assertThat(there.next()).isEmpty();
                gate = null;
                opened.countDown();
                assertThat(problem()).endsWith("the runtime made more than 16 requests at the same time");
                assertThat(events).isEmpty();
            }
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome(FakeRuntime.pod("p0"));
                assertThat(event()).isEqualTo("synchronize [p0]");
            }
        }
    }

    @Test
    void itRespondsToTheEndOfTheRuntimeAndConnectsAgain() throws IOException, InterruptedException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            NriPlugin started = start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome();
                assertThat(there.call("Shutdown", Empty.getDefaultInstance()).hasStatus())
                        .isFalse();
                assertThat(there.next()).isEmpty();
                assertThat(problem()).isEqualTo("the runtime at " + socket() + " shuts down");
            }
            try (FakeRuntime.Plugin there = runtime.accept()) {
                assertThat(started.isConnected()).isFalse();
                there.welcome();
                assertThat(started.isConnected()).isTrue();
            }
        }
    }

    @Test
    void closingEndsItWhileItServesOrWaits() throws IOException, InterruptedException {
        start();
        assertThat(problem()).startsWith("cannot connect");
        end();
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome();
                end();
                assertThat(there.next()).isEmpty();
            }
            assertThat(problems).isEmpty();
        }
    }

    @Test
    void anInterruptEndsIt() throws IOException, InterruptedException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                there.welcome();
                thread.interrupt();
                assertThat(thread.join(Duration.ofSeconds(5))).isTrue();
                assertThat(there.next()).isEmpty();
            }
            assertThat(problems).isEmpty();
        }
    }

    @Test
    void namesThatNoRuntimeAcceptsAreRefused() {
        assertThatThrownBy(() -> new NriPlugin(socket(), "", "10", handler, problems::add))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new NriPlugin(socket(), "a b", "10", handler, problems::add))
                .hasMessage("invalid name of a plugin: a b");
        assertThatThrownBy(() -> new NriPlugin(socket(), "qlease", "1", handler, problems::add))
                .hasMessage("index of a plugin that is not two digits: 1");
    }
}
