package dev.qlease.node.nri;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.qlease.node.nri.proto.ConfigureRequest;
import dev.qlease.node.nri.proto.Pod;
import dev.qlease.node.nri.proto.PodRequest;
import dev.qlease.node.nri.proto.Request;
import dev.qlease.node.nri.proto.Response;
import dev.qlease.node.nri.proto.Status;
import dev.qlease.node.nri.proto.SynchronizeRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The runtime's end of the socket, which sends and receives what a test wants. */
final class FakeRuntime implements AutoCloseable {
    static final String PLUGIN_SERVICE = "nri.pkg.api.v1alpha1.Plugin";

    private final Path socket;
    private final ServerSocketChannel listening;

    FakeRuntime(Path socket) throws IOException {
        this.socket = socket;
        listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listening.bind(UnixDomainSocketAddress.of(socket));
    }

    /** Waits for the next connection. */
    Plugin accept() throws IOException {
        return new Plugin(listening.accept());
    }

    @Override
    public void close() throws IOException {
        listening.close();
        Files.deleteIfExists(socket);
    }

    /** A plugin that has connected. */
    static final class Plugin implements AutoCloseable {
        private final SocketChannel channel;
        private final OutputStream out;
        private final FrameReader reader;
        private int stream = -1;

        Plugin(SocketChannel channel) {
            this.channel = channel;
            out = Channels.newOutputStream(channel);
            reader = new FrameReader(Channels.newInputStream(channel));
        }

        /** Returns the next message of the plugin; empty if it has closed the connection. */
        Optional<Frame> next() throws IOException {
            return reader.next();
        }

        void write(byte[] bytes) throws IOException {
            out.write(bytes);
        }

        /** Receives the registration, accepts it, and configures and synchronizes the plugin. */
        void welcome(Pod... pods) throws IOException {
            register(Response.getDefaultInstance());
            call("Configure", ConfigureRequest.getDefaultInstance());
            SynchronizeRequest.Builder all = SynchronizeRequest.newBuilder();
            for (Pod pod : pods) {
                all.addPods(pod);
            }
            call("Synchronize", all.build());
        }

        /** Receives the registration, and responds. */
        Request register(Response response) throws IOException {
            Frame registration = next().orElseThrow();
            write(frames(Frame.RUNTIME, registration.stream(), Frame.RESPONSE, response));
            return Request.parseFrom(registration.data());
        }

        void refuse(String sentence) throws IOException {
            register(Response.newBuilder()
                    .setStatus(Status.newBuilder().setCode(2).setMessage(sentence))
                    .build());
        }

        /** Calls a method of the plugin, and returns the response. */
        Response call(String method, MessageLite payload) throws IOException {
            write(request(method, payload));
            Frame response = next().orElseThrow();
            if (response.connection() != Frame.PLUGIN
                    || response.type() != Frame.RESPONSE
                    || response.stream() != stream) {
                throw new AssertionError("not the response: " + response);
            }
            return Response.parseFrom(response.data());
        }

        Response call(String method, Pod pod) throws IOException {
            return call(method, PodRequest.newBuilder().setPod(pod).build());
        }

        /** Returns the bytes of a call with the next number of a stream. */
        byte[] request(String method, MessageLite payload) throws IOException {
            stream += 2;
            return frames(Frame.PLUGIN, stream, Frame.REQUEST, FakeRuntime.request(method, payload.toByteString()));
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    static Request request(String method, ByteString payload) {
        return Request.newBuilder()
                .setService(PLUGIN_SERVICE)
                .setMethod(method)
                .setPayload(payload)
                .build();
    }

    /** Returns the bytes of a message on the socket. */
    static byte[] frames(int connection, int stream, byte type, MessageLite message) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new FrameWriter(bytes).write(connection, stream, type, message);
        return bytes.toByteArray();
    }

    static Pod pod(String id) {
        return Pod.newBuilder()
                .setId(id)
                .setName("name-" + id)
                .setUid("uid-" + id)
                .setNamespace("default")
                .build();
    }
}
