package dev.qlease.node.nri;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.qlease.node.nri.proto.RegisterPluginRequest;
import dev.qlease.node.nri.proto.Request;
import dev.qlease.node.nri.proto.Response;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A connection to the runtime. One thread connects, serves and writes, a second one reads; {@link #close()} is
 * thread-safe.
 */
final class Connection implements AutoCloseable {
    private static final String RUNTIME_SERVICE = "nri.pkg.api.v1alpha1.Runtime";

    /** The number of the only call to the runtime; odd, as those of all clients. */
    private static final int REGISTRATION = 1;

    /** How long the runtime may take to configure the plugin: it accepts plugins one after the other. */
    private static final Duration CONFIGURATION_TIMEOUT = Duration.ofMinutes(1);

    private final SocketChannel channel;
    private final RequestQueue requests = new RequestQueue();

    Connection() throws IOException {
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    }

    void connect(Path socket) throws IOException {
        channel.connect(UnixDomainSocketAddress.of(socket));
    }

    /**
     * Registers the plugin, and serves until the runtime announces that it ends.
     *
     * @throws IOException why the connection ended otherwise
     */
    void serve(RegisterPluginRequest registration, PluginService service) throws IOException, InterruptedException {
        FrameWriter writer = new FrameWriter(Channels.newOutputStream(channel));
        Thread.ofPlatform().daemon().name("qlease-nri-reader").start(this::read);
        Request call = Request.newBuilder()
                .setService(RUNTIME_SERVICE)
                .setMethod("RegisterPlugin")
                .setPayload(registration.toByteString())
                .build();
        writer.write(Frame.RUNTIME, REGISTRATION, Frame.REQUEST, call);
        if (!requests.await(CONFIGURATION_TIMEOUT)) {
            throw new NriProtocolException(
                    "the runtime did not configure the plugin within " + CONFIGURATION_TIMEOUT.toSeconds() + " s");
        }
        while (!service.isShutDown()) {
            Frame request = requests.take();
            Response response = service.respond(request.data());
            try {
                writer.write(Frame.PLUGIN, request.stream(), Frame.RESPONSE, response);
            } catch (ClosedChannelException e) {
                // The queue has the reason.
            }
        }
    }

    private void read() {
        IOException end = new EOFException("the runtime closed the connection");
        try {
            FrameReader reader = new FrameReader(Channels.newInputStream(channel));
            for (Optional<Frame> next = reader.next(); next.isPresent(); next = reader.next()) {
                accept(next.get());
            }
        } catch (IOException e) {
            end = e;
        } finally {
            requests.end(end);
            close();
        }
    }

    private void accept(Frame frame) throws NriProtocolException {
        if (frame.connection() == Frame.PLUGIN && frame.type() == Frame.REQUEST) {
            requests.add(frame);
        } else if (frame.connection() == Frame.RUNTIME
                && frame.type() == Frame.RESPONSE
                && frame.stream() == REGISTRATION) {
            checkRegistration(frame.data());
        } else {
            throw new NriProtocolException("the runtime sent an unexpected message of type " + frame.type()
                    + " on stream " + Integer.toUnsignedString(frame.stream()) + " of connection "
                    + frame.connection());
        }
    }

    private static void checkRegistration(byte[] data) throws NriProtocolException {
        Response response;
        try {
            response = Response.parseFrom(data);
        } catch (InvalidProtocolBufferException e) {
            throw new NriProtocolException("the runtime sent a malformed response: " + e.getMessage(), e);
        }
        if (response.getStatus().getCode() != 0) {
            throw new NriProtocolException(
                    "the runtime refused the plugin: " + response.getStatus().getMessage());
        }
    }

    /** Returns whether neither end has closed the connection. */
    boolean isOpen() {
        return channel.isOpen();
    }

    /** Closes the socket, which ends {@link #connect} and {@link #serve}. Idempotent. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The descriptor is released all the same.
        }
    }
}
