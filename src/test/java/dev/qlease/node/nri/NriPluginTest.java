package dev.qlease.node.nri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.qlease.node.nri.proto.Empty;
import dev.qlease.node.nri.proto.Event;
import dev.qlease.node.nri.proto.Pod;
import dev.qlease.node.nri.proto.RegisterPluginRequest;
import dev.qlease.node.nri.proto.Request;
import dev.qlease.node.nri.proto.Response;
import dev.qlease.node.nri.proto.StateChangeEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
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
    private volatile @Nullable CountDownLatch gate;
    private volatile @Nullable RuntimeException failure;
    private final NriHandler handler = new RecordingHandler(this::handle);
    private @Nullable NriPlugin plugin;
    private @Nullable Thread thread;

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
    void itRespondsToRequests() throws IOException, InterruptedException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            NriPlugin started = start();
            try (FakeRuntime.Plugin there = runtime.accept()) {
                assertThat(started.runtime()).isEmpty();
                assertThat(started.isConnected()).isFalse();
                there.welcome(FakeRuntime.pod("a"));
                assertThat(started.runtime()).isPresent();
                assertThat(started.isConnected()).isTrue();
                assertThat(event()).isEqualTo("synchronize [a]");
                assertThat(there.call("RunPodSandbox", FakeRuntime.pod("p")).hasStatus())
                        .isFalse();
                failure = new IllegalStateException("all queues of qnic0 are leased");
                assertThat(there.call("RunPodSandbox", FakeRuntime.pod("q"))
                                .getStatus()
                                .getMessage())
                        .isEqualTo("all queues of qnic0 are leased");
                assertThat(events).containsExactly("run p", "run q");
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
    void tooManyRequestsDuringAnotherEndTheConnection() throws IOException, InterruptedException {
        try (FakeRuntime runtime = new FakeRuntime(socket())) {
            NriPlugin started = start();
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
                assertThat(started.isConnected()).isFalse();
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
