package dev.qlease.netlink;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.netlink.Exchange.Ending;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Requests for who may not wait, such as an event loop: they are sent, and {@link #poll()} brings the replies once
 * {@link #descriptor()} has input. The kernel does its work while a request is sent, and while each part of a dump is
 * received: for as long as that takes, nobody else is served.
 *
 * <p>For one thread, on which {@code executor} runs what it is given, and futures complete. The socket stays the caller's;
 * closing it fails what is under way. Others may use it as ever.
 */
public final class PolledRequests {
    private final NetlinkSocket socket;
    private final Executor executor;

    /** Dumps that wait for the one under way: the kernel runs one a socket. */
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

    /** The socket, for polling it for input. It goes on belonging to it. */
    public FileDescriptor descriptor() {
        return socket.descriptor();
    }

    /**
     * Takes what replies have come.
     *
     * @throws IllegalStateException if the socket is closed
     */
    public void poll() {
        socket.poll();
    }

    /** As {@link Request#get}; what that throws, the future fails with. */
    public <T> CompletableFuture<T> get(Request request, Decoder<T> decoder) {
        return once(request, Ending.REPLY, decoder).thenApply(replies -> {
            if (replies.isEmpty()) {
                throw new MalformedMessageException(
                        request.operation().name(), "the kernel acknowledged it without a reply");
            }
            return replies.getFirst();
        });
    }

    /** As {@link Request#execute}; what that throws, the future fails with. */
    public CompletableFuture<Void> execute(Request request) {
        return once(request, Ending.ACK, NetlinkMessage::type).thenAccept(replies -> {});
    }

    private <T> CompletableFuture<List<T>> once(Request request, Ending ending, Decoder<T> decoder) {
        CompletableFuture<List<T>> result = new CompletableFuture<>();
        try {
            request.complete(ending);
            begin(request, ending, decoder, exchange -> {
                request.recycle();
                settle(exchange::records, result);
            });
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
        }
        return result;
    }

    /** As {@link Request#dump}; what that throws, the future fails with. Dumps take turns. */
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

    private static <T> void settle(Supplier<List<T>> records, CompletableFuture<List<T>> result) {
        try {
            result.complete(records.get());
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        }
    }
}
