package dev.qlease.netlink;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.netlink.Exchange.Ending;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Non-blocking requests, for event loops: requests are sent, and {@link #poll()} delivers the replies once {@link
 * #descriptor()} is readable. The kernel does its work while a request is sent, and while each part of a dump is
 * received; during that time the calling thread serves nothing else.
 *
 * <p>For use by one thread, on which {@code executor} runs its tasks and futures complete. The socket remains owned by
 * the caller; closing it fails pending requests. Other threads may use the socket as usual.
 */
public final class PolledRequests {
    private final NetlinkSocket socket;
    private final Executor executor;

    /** Dumps that wait for the current one: the kernel runs one dump at a time per socket. */
    private final Deque<Runnable> waiting = new ArrayDeque<>();

    private boolean dumping;

    private PolledRequests(NetlinkSocket socket, Executor executor) {
        this.socket = socket;
        this.executor = executor;
    }

    /** Requests of {@code socket}. */
    public static PolledRequests over(NetlinkSocket socket, Executor executor) {
        return new PolledRequests(socket, executor);
    }

    /** Returns the descriptor for polling the socket for input. It remains owned by the socket; do not close it. */
    public FileDescriptor descriptor() {
        return socket.descriptor();
    }

    /**
     * Processes the replies that have arrived.
     *
     * @throws IllegalStateException if the socket is closed
     */
    public void poll() {
        socket.poll();
    }

    /** Sends as {@link Request#get} does; the future fails with the exceptions of that method. */
    public <T> CompletableFuture<T> get(Request request, Decoder<T> decoder) {
        return once(request, Ending.REPLY, decoder, Exchange::reply);
    }

    /** Sends as {@link Request#execute} does; the future fails with the exceptions of that method. */
    public CompletableFuture<Void> execute(Request request) {
        return once(request, Ending.ACK, NetlinkMessage::type, Exchange::records)
                .thenAccept(_ -> {});
    }

    private <T, R> CompletableFuture<R> once(
            Request request, Ending ending, Decoder<T> decoder, Function<Exchange<T>, R> reader) {
        CompletableFuture<R> result = new CompletableFuture<>();
        try {
            request.complete(ending);
            begin(request, ending, decoder, exchange -> {
                request.recycle();
                settle(() -> reader.apply(exchange), result);
            });
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
        return result;
    }

    /**
     * Sends as {@link Request#dump} does; the future fails with the exceptions of that method. Dumps are run one at a
     * time.
     */
    public <T> CompletableFuture<List<T>> dump(Request request, Decoder<T> decoder) {
        CompletableFuture<List<T>> result = new CompletableFuture<>();
        try {
            request.complete(Ending.DONE);
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
            return result;
        }
        waiting.add(() -> attempt(request, decoder, 1, result));
        nextDump();
        return result;
    }

    private void nextDump() {
        if (!dumping && !waiting.isEmpty()) {
            dumping = true;
            waiting.remove().run();
        }
    }

    private <T> void attempt(Request request, Decoder<T> decoder, int number, CompletableFuture<List<T>> result) {
        try {
            begin(request, Ending.DONE, decoder, exchange -> {
                if (exchange.isWorthAnotherDump(number)) {
                    attempt(request, decoder, number + 1, result);
                } else {
                    dumped(request, exchange, number, result);
                }
            });
        } catch (RuntimeException e) {
            dumping = false;
            result.completeExceptionally(e);
            nextDump();
        }
    }

    private <T> void dumped(Request request, Exchange<T> exchange, int attempts, CompletableFuture<List<T>> result) {
        dumping = false;
        request.recycle();
        settle(() -> exchange.dumped(attempts), result);
        nextDump();
    }

    private <T> void begin(Request request, Ending ending, Decoder<T> decoder, Consumer<Exchange<T>> ended) {
        int number = socket.nextSequence();
        Exchange<T> exchange = new Exchange<>(request.seal(number), decoder, ending);
        exchange.whenDone(() -> executor.execute(() -> {
            socket.forget(number);
            ended.accept(exchange);
        }));
        socket.begin(number, exchange);
    }

    private static <R> void settle(Supplier<R> value, CompletableFuture<R> result) {
        try {
            result.complete(value.get());
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        }
    }
}
