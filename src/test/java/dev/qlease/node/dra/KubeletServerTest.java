package dev.qlease.node.dra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.Message;
import dev.qlease.node.dra.proto.Claim;
import dev.qlease.node.dra.proto.InfoRequest;
import dev.qlease.node.dra.proto.NodePrepareResourceResponse;
import dev.qlease.node.dra.proto.NodePrepareResourcesRequest;
import dev.qlease.node.dra.proto.NodePrepareResourcesResponse;
import dev.qlease.node.dra.proto.NodeUnprepareResourcesRequest;
import dev.qlease.node.dra.proto.NodeUnprepareResourcesResponse;
import dev.qlease.node.dra.proto.PluginInfo;
import dev.qlease.node.dra.proto.RegistrationStatus;
import dev.qlease.node.dra.proto.RegistrationStatusResponse;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Speaks to the driver as kubelet does. */
class KubeletServerTest {
    private static final String SERVICE = "k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin";

    @TempDir
    private Path directory;

    private final List<RegistrationStatus> statuses = new CopyOnWriteArrayList<>();

    private static final KubeletServer.Plugin PLUGIN = new KubeletServer.Plugin() {
        @Override
        public NodePrepareResourcesResponse prepare(NodePrepareResourcesRequest request) {
            NodePrepareResourcesResponse.Builder response = NodePrepareResourcesResponse.newBuilder();
            request.getClaimsList()
                    .forEach(claim -> response.putClaims(
                            claim.getUid(),
                            NodePrepareResourceResponse.newBuilder()
                                    .setError("refused " + claim.getName())
                                    .build()));
            return response.build();
        }

        @Override
        public NodeUnprepareResourcesResponse unprepare(NodeUnprepareResourcesRequest request) {
            throw new IllegalStateException("broken");
        }
    };

    private KubeletServer start() throws IOException {
        Files.createDirectories(directory.resolve("plugins_registry"));
        return new KubeletServer(directory, PLUGIN, statuses::add);
    }

    private static <Q extends Message, R extends Message> R call(
            Path socket, String service, String method, Q request, R example) {
        MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        ManagedChannel channel = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
                .eventLoopGroup(loop)
                .overrideAuthority("localhost")
                .usePlaintext()
                .build();
        try {
            @SuppressWarnings("unchecked")
            MethodDescriptor<Q, R> descriptor = MethodDescriptor.<Q, R>newBuilder(
                            ProtoUtils.marshaller((Q) request.getDefaultInstanceForType()),
                            ProtoUtils.marshaller(example))
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName(MethodDescriptor.generateFullMethodName(service, method))
                    .build();
            return ClientCalls.blockingUnaryCall(
                    channel, descriptor, CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS), request);
        } finally {
            channel.shutdownNow();
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    @Test
    void kubeletFindsRegistersAndAsksTheDriver() throws IOException {
        Path registration = directory.resolve("plugins_registry/qlease.dev-reg.sock");
        try (KubeletServer _ = start()) {
            PluginInfo info = call(
                    registration,
                    "pluginregistration.Registration",
                    "GetInfo",
                    InfoRequest.getDefaultInstance(),
                    PluginInfo.getDefaultInstance());
            assertThat(info.getType()).isEqualTo("DRAPlugin");
            assertThat(info.getName()).isEqualTo("qlease.dev");
            assertThat(info.getSupportedVersionsList()).containsExactly("v1.DRAPlugin");
            RegistrationStatus status =
                    RegistrationStatus.newBuilder().setPluginRegistered(true).build();
            call(
                    registration,
                    "pluginregistration.Registration",
                    "NotifyRegistrationStatus",
                    status,
                    RegistrationStatusResponse.getDefaultInstance());
            assertThat(statuses).containsExactly(status);

            NodePrepareResourcesResponse answer = call(
                    Path.of(info.getEndpoint()),
                    SERVICE,
                    "NodePrepareResources",
                    NodePrepareResourcesRequest.newBuilder()
                            .addClaims(Claim.newBuilder().setUid("u").setName("n"))
                            .build(),
                    NodePrepareResourcesResponse.getDefaultInstance());
            assertThat(answer.getClaimsOrThrow("u").getError()).isEqualTo("refused n");
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> call(
                            Path.of(info.getEndpoint()),
                            SERVICE,
                            "NodeUnprepareResources",
                            NodeUnprepareResourcesRequest.getDefaultInstance(),
                            NodeUnprepareResourcesResponse.getDefaultInstance()))
                    .withMessageContaining("broken");
        }
        assertThat(registration).doesNotExist();
    }

    @Test
    void theSocketsOfAKilledDriverAreReplaced() throws IOException {
        try (KubeletServer first = start()) {
            assertThat(first).isNotNull();
            try (KubeletServer _ = start()) {
                assertThat(call(
                                        directory.resolve("plugins_registry/qlease.dev-reg.sock"),
                                        "pluginregistration.Registration",
                                        "GetInfo",
                                        InfoRequest.getDefaultInstance(),
                                        PluginInfo.getDefaultInstance())
                                .getName())
                        .isEqualTo("qlease.dev");
            }
        }
    }

    @Test
    void withoutADirectoryOfKubeletNothingIsServed() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> new KubeletServer(directory.resolve("none"), PLUGIN, statuses::add));
    }
}
