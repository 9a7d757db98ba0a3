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
 * Requests of netlink on an event loop, without a thread that waits for replies. Owns its socket, which is closed with it and
 * with the loop. Safe for use by many threads; futures complete on the loop. The kernel does its work while a request is
 * sent: for as long as that takes the loop serves nobody else.
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
     * Puts a socket on a loop.
     *
     * @param loop of epoll
     * @param socket goes over to this; requests are still begun with it
     */
    public static Future<NetlinkRequests> register(IoEventLoop loop, NetlinkSocket socket) {
        NetlinkRequests requests = new NetlinkRequests(loop, socket);
        return requests.handle.register(requests);
    }

    /** As {@link Request#get}; what that throws, the future fails with. */
    public <T> CompletableFuture<T> get(Request request, Decoder<T> decoder) {
        return onLoop(() -> requests.get(request, decoder));
    }

    /** As {@link Request#execute}; what that throws, the future fails with. */
    public CompletableFuture<Void> execute(Request request) {
        return onLoop(() -> requests.execute(request));
    }

    /** As {@link Request#dump}; what that throws, the future fails with. */
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

    /** Fails what is under way, and closes the socket. Does nothing again. */
    @Override
    public void close() {
        handle.closeSoon();
    }
}
