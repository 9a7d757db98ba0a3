package dev.qlease.node.nri;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.qlease.node.nri.proto.ConfigureRequest;
import dev.qlease.node.nri.proto.ConfigureResponse;
import dev.qlease.node.nri.proto.Empty;
import dev.qlease.node.nri.proto.Event;
import dev.qlease.node.nri.proto.Pod;
import dev.qlease.node.nri.proto.PodRequest;
import dev.qlease.node.nri.proto.Request;
import dev.qlease.node.nri.proto.Response;
import dev.qlease.node.nri.proto.StateChangeEvent;
import dev.qlease.node.nri.proto.Status;
import dev.qlease.node.nri.proto.SynchronizeRequest;
import dev.qlease.node.nri.proto.SynchronizeResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The service that the runtime calls, with the methods that are needed for events of pods. For use by one thread;
 * {@link #isSynchronized()} and {@link #runtime()} are thread-safe.
 */
final class PluginService {
    private static final String NAME = "nri.pkg.api.v1alpha1.Plugin";

    private static final int EVENTS =
            bit(Event.RUN_POD_SANDBOX) | bit(Event.STOP_POD_SANDBOX) | bit(Event.REMOVE_POD_SANDBOX);

    /** Codes of gRPC. */
    private static final int UNKNOWN = 2;

    private static final int UNIMPLEMENTED = 12;

    /** The most bytes of pods that are collected. A pod takes some kilobytes, its annotations 256 KiB at most. */
    private static final long MOST_COLLECTED = 64L << 20;

    /** The most characters of an exception's message that are sent. */
    private static final int MOST_SENTENCE = 2000;

    private final NriHandler handler;
    private final List<PodSandbox> collected = new ArrayList<>();
    private long collectedBytes;
    private boolean shutDown;
    private volatile boolean inSync;
    private volatile Optional<NriRuntime> runtime = Optional.empty();

    PluginService(NriHandler handler) {
        this.handler = handler;
    }

    private static int bit(Event event) {
        return 1 << (event.getNumber() - 1);
    }

    /** Returns whether the handler knows the pods of the runtime, and is notified of their events. */
    boolean isSynchronized() {
        return inSync;
    }

    /** Returns whether the runtime has announced that it ends. */
    boolean isShutDown() {
        return shutDown;
    }

    /** Returns how the runtime introduced itself, on this connection or an earlier one. */
    Optional<NriRuntime> runtime() {
        return runtime;
    }

    /** Resets the state that belongs to a connection. */
    void disconnected() {
        inSync = false;
        shutDown = false;
        forgetCollected();
    }

    private void forgetCollected() {
        collected.clear();
        collectedBytes = 0;
    }

    /**
     * Calls the method that a request names.
     *
     * @throws NriProtocolException if the request is malformed
     */
    Response respond(byte[] data) throws NriProtocolException {
        try {
            Request request = Request.parseFrom(data);
            if (!request.getService().equals(NAME)) {
                return failure(UNIMPLEMENTED, "service " + request.getService());
            }
            return call(request.getMethod(), request.getPayload());
        } catch (InvalidProtocolBufferException e) {
            throw new NriProtocolException("the runtime sent a malformed request: " + e.getMessage(), e);
        }
    }

    private Response call(String method, ByteString payload)
            throws NriProtocolException, InvalidProtocolBufferException {
        return switch (method) {
            case "Configure" -> configure(ConfigureRequest.parseFrom(payload));
            case "Synchronize" -> synchronize(SynchronizeRequest.parseFrom(payload), payload.size());
            case "Shutdown" -> shutDown();
            case "StateChange" -> stateChange(StateChangeEvent.parseFrom(payload));
            // The same events from newer runtimes.
            case "RunPodSandbox" -> handle(PodRequest.parseFrom(payload).getPod(), handler::runPodSandbox);
            case "StopPodSandbox" -> handle(PodRequest.parseFrom(payload).getPod(), handler::stopPodSandbox);
            case "RemovePodSandbox" -> handle(PodRequest.parseFrom(payload).getPod(), handler::removePodSandbox);
            default -> failure(UNIMPLEMENTED, "method " + method);
        };
    }

    private Response configure(ConfigureRequest request) {
        runtime = Optional.of(new NriRuntime(
                request.getRuntimeName(),
                request.getRuntimeVersion(),
                Duration.ofMillis(request.getRegistrationTimeout()),
                Duration.ofMillis(request.getRequestTimeout())));
        return success(ConfigureResponse.newBuilder().setEvents(EVENTS).build());
    }

    private Response synchronize(SynchronizeRequest request, int bytes) throws NriProtocolException {
        collectedBytes += bytes;
        if (collectedBytes > MOST_COLLECTED) {
            throw new NriProtocolException("the runtime sent more than " + MOST_COLLECTED + " bytes of pods");
        }
        for (Pod pod : request.getPodsList()) {
            collected.add(PodSandbox.of(pod));
        }
        if (request.getMore()) {
            return success(SynchronizeResponse.newBuilder().setMore(true).build());
        }
        List<PodSandbox> pods = List.copyOf(collected);
        forgetCollected();
        try {
            handler.synchronize(pods);
        } catch (RuntimeException e) {
            return failure(e);
        }
        inSync = true;
        return success(SynchronizeResponse.getDefaultInstance());
    }

    private Response shutDown() {
        shutDown = true;
        return success(Empty.getDefaultInstance());
    }

    private Response stateChange(StateChangeEvent change) throws NriProtocolException {
        return switch (change.getEvent()) {
            case RUN_POD_SANDBOX -> handle(change.getPod(), handler::runPodSandbox);
            case STOP_POD_SANDBOX -> handle(change.getPod(), handler::stopPodSandbox);
            case REMOVE_POD_SANDBOX -> handle(change.getPod(), handler::removePodSandbox);
            default -> success(Empty.getDefaultInstance());
        };
    }

    private static Response handle(Pod pod, Consumer<PodSandbox> method) throws NriProtocolException {
        PodSandbox sandbox = PodSandbox.of(pod);
        try {
            method.accept(sandbox);
        } catch (RuntimeException e) {
            return failure(e);
        }
        return success(Empty.getDefaultInstance());
    }

    private static Response success(MessageLite result) {
        return Response.newBuilder().setPayload(result.toByteString()).build();
    }

    private static Response failure(RuntimeException e) {
        String sentence = Objects.requireNonNullElse(e.getMessage(), e.toString());
        return failure(UNKNOWN, sentence.substring(0, Math.min(sentence.length(), MOST_SENTENCE)));
    }

    private static Response failure(int code, String sentence) {
        return Response.newBuilder()
                .setStatus(Status.newBuilder().setCode(code).setMessage(sentence))
                .build();
    }
}
