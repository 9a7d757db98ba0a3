package dev.qlease.node.dra;

import com.google.protobuf.Message;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Paths;
import dev.qlease.node.dra.proto.InfoRequest;
import dev.qlease.node.dra.proto.NodePrepareResourcesRequest;
import dev.qlease.node.dra.proto.NodePrepareResourcesResponse;
import dev.qlease.node.dra.proto.NodeUnprepareResourcesRequest;
import dev.qlease.node.dra.proto.NodeUnprepareResourcesResponse;
import dev.qlease.node.dra.proto.PluginInfo;
import dev.qlease.node.dra.proto.RegistrationStatus;
import dev.qlease.node.dra.proto.RegistrationStatusResponse;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Serves kubelet over two Unix sockets: one by which kubelet finds the driver (pluginregistration, v1), and that of the
 * driver (DRAPlugin, v1). Kubelet is trusted: only root reaches its directories. Owns its threads.
 */
final class KubeletServer implements AutoCloseable {
    private static final String SERVICE = "k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin";
    private static final String VERSION = "v1.DRAPlugin";
    private static final String REGISTRATION = "pluginregistration.Registration";
    private static final String TYPE = "DRAPlugin";

    /** Kubelet prepares pods at the same time; more wait. */
    private static final int THREADS = 8;

    private static final int LARGEST_REQUEST = 4 << 20;
    private static final long GRACE_SECONDS = 3;

    private final Path socket;
    private final Path registrationSocket;
    private final Consumer<RegistrationStatus> registration;
    private final MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ExecutorService threads = Executors.newFixedThreadPool(
            THREADS,
            Thread.ofPlatform().daemon().name("qlease-node-kubelet-", 0).factory());
    private final Server server;
    private final Server registrar;

    /** What kubelet asks for. Called by several threads at a time. */
    interface Plugin {
        NodePrepareResourcesResponse prepare(NodePrepareResourcesRequest request);

        NodeUnprepareResourcesResponse unprepare(NodeUnprepareResourcesRequest request);
    }

    /**
     * Begins to serve; the socket of the driver exists before kubelet can find it.
     *
     * @param kubelet the directory of kubelet
     * @param registration receives kubelet's answer to the registration
     * @throws IOException if a socket cannot be created
     */
    KubeletServer(Path kubelet, Plugin plugin, Consumer<RegistrationStatus> registration) throws IOException {
        Path directory = kubelet.resolve("plugins").resolve(DraDriver.NAME);
        this.socket = directory.resolve("dra.sock");
        this.registrationSocket = kubelet.resolve("plugins_registry").resolve(DraDriver.NAME + "-reg.sock");
        this.registration = registration;
        if (!Files.isDirectory(kubelet)) {
            throw new NoSuchFileException(kubelet.toString(), null, "there is no such directory");
        }
        Files.createDirectories(directory);
        server = serve(socket, driver(plugin));
        try {
            registrar = serve(registrationSocket, registration());
        } catch (IOException e) {
            server.shutdownNow();
            end();
            throw e;
        }
    }

    private Server serve(Path path, ServerServiceDefinition service) throws IOException {
        unlink(path);
        return NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(path))
                .channelType(NioServerDomainSocketChannel.class)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .executor(threads)
                .maxInboundMessageSize(LARGEST_REQUEST)
                .addService(service)
                .build()
                .start();
    }

    private static void unlink(Path path) {
        int left = Paths.unlink(path.toString());
        if (left < 0 && left != -Errno.ENOENT.number()) {
            throw LinuxException.of("delete " + path, -left);
        }
    }

    private static ServerServiceDefinition driver(Plugin plugin) {
        return ServerServiceDefinition.builder(SERVICE)
                .addMethod(
                        method(
                                SERVICE,
                                "NodePrepareResources",
                                NodePrepareResourcesRequest.getDefaultInstance(),
                                NodePrepareResourcesResponse.getDefaultInstance()),
                        ServerCalls.asyncUnaryCall((request, reply) -> answer(request, plugin::prepare, reply)))
                .addMethod(
                        method(
                                SERVICE,
                                "NodeUnprepareResources",
                                NodeUnprepareResourcesRequest.getDefaultInstance(),
                                NodeUnprepareResourcesResponse.getDefaultInstance()),
                        ServerCalls.asyncUnaryCall((request, reply) -> answer(request, plugin::unprepare, reply)))
                .build();
    }

    private ServerServiceDefinition registration() {
        PluginInfo info = PluginInfo.newBuilder()
                .setType(TYPE)
                .setName(DraDriver.NAME)
                .setEndpoint(socket.toString())
                .addSupportedVersions(VERSION)
                .build();
        return ServerServiceDefinition.builder(REGISTRATION)
                .addMethod(
                        method(
                                REGISTRATION,
                                "GetInfo",
                                InfoRequest.getDefaultInstance(),
                                PluginInfo.getDefaultInstance()),
                        ServerCalls.asyncUnaryCall((request, reply) -> answer(request, _ -> info, reply)))
                .addMethod(
                        method(
                                REGISTRATION,
                                "NotifyRegistrationStatus",
                                RegistrationStatus.getDefaultInstance(),
                                RegistrationStatusResponse.getDefaultInstance()),
                        ServerCalls.asyncUnaryCall((request, reply) -> answer(request, this::registered, reply)))
                .build();
    }

    private RegistrationStatusResponse registered(RegistrationStatus status) {
        registration.accept(status);
        return RegistrationStatusResponse.getDefaultInstance();
    }

    private static <Q extends Message, R extends Message> MethodDescriptor<Q, R> method(
            String service, String name, Q request, R response) {
        return MethodDescriptor.<Q, R>newBuilder(ProtoUtils.marshaller(request), ProtoUtils.marshaller(response))
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(service, name))
                .build();
    }

    private static <Q, R> void answer(Q request, Function<Q, R> work, StreamObserver<R> reply) {
        try {
            reply.onNext(work.apply(request));
            reply.onCompleted();
        } catch (RuntimeException e) {
            reply.onError(Status.INTERNAL
                    .withDescription(String.valueOf(e.getMessage()))
                    .withCause(e)
                    .asRuntimeException());
        }
    }

    /** Ends what is being served within seconds, and deletes the sockets. */
    @Override
    public void close() {
        unlink(registrationSocket);
        registrar.shutdown();
        server.shutdown();
        try {
            if (!server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
                server.shutdownNow();
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        } finally {
            registrar.shutdownNow();
            unlink(socket);
            end();
        }
    }

    private void end() {
        threads.shutdownNow();
        loop.shutdownGracefully(0, GRACE_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(GRACE_SECONDS, TimeUnit.SECONDS);
    }
}
