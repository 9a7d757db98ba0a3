package dev.qlease.netty;

import dev.qlease.netlink.Decoder;
import dev.qlease.netlink.NetlinkSocket;
import dev.qlease.netlink.PolledRequests;
import dev.qlease.netlink.Request;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Netlink requests on an event loop, without a thread that waits for replies. Owns its socket, which is closed with
 * this object or with the event loop. Thread-safe; futures complete on the event loop. The kernel processes a request
 * while it is sent, which blocks the event loop for that time.
 */
public final class NetlinkRequests implements AutoCloseable {
    private final IoEventLoop loop;
    private final PolledRequests requests;
    private final NetlinkHandle handle;

    private NetlinkRequests(IoEventLoop loop, NetlinkSocket socket) {
        this.loop = loop;
        this.requests = PolledRequests.over(socket, loop);
        this.handle = new NetlinkHandle(loop, requests.descriptor(), requests::poll, socket::close);
    }

    /**
     * Registers a socket with an event loop.
     *
     * @param loop an epoll event loop
     * @param socket owned by the result from now on; requests are still created with it
     */
    public static Future<NetlinkRequests> register(IoEventLoop loop, NetlinkSocket socket) {
        NetlinkRequests requests = new NetlinkRequests(loop, socket);
        return requests.handle.register(requests);
    }

    /** As {@link Request#get}; the future fails with the exceptions that it throws. */
    public <T> CompletableFuture<T> get(Request request, Decoder<T> decoder) {
        return onLoop(() -> requests.get(request, decoder));
    }

    /** As {@link Request#execute}; the future fails with the exceptions that it throws. */
    public CompletableFuture<Void> execute(Request request) {
        return onLoop(() -> requests.execute(request));
    }

    /** As {@link Request#dump}; the future fails with the exceptions that it throws. */
    public <T> CompletableFuture<List<T>> dump(Request request, Decoder<T> decoder) {
        return onLoop(() -> requests.dump(request, decoder));
    }

    private <T> CompletableFuture<T> onLoop(Supplier<CompletableFuture<T>> sending) {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> {
            CompletableFuture<T> _ = sending.get().whenComplete((value, failure) -> {
                if (failure == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(failure);
                }
            });
        });
        return result;
    }

    /** Fails pending requests and closes the socket. Idempotent. */
    @Override
    public void close() {
        handle.closeSoon();
    }
}
