package dev.qlease.netty;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A netlink socket on an event loop, which tells when it has input. */
final class NetlinkHandle implements EpollIoHandle {
    private final FileDescriptor polled;
    private final IoEventLoop loop;
    private final Runnable input;
    private final Runnable closing;
    private final AtomicReference<@Nullable IoRegistration> registration = new AtomicReference<>();

    /**
     * A handle that is registered by {@link #register}.
     *
     * @param descriptor the socket's, which it goes on belonging to
     * @param input takes all that there is, on the loop
     * @param closing closes the socket
     */
    NetlinkHandle(IoEventLoop loop, dev.qlease.linux.FileDescriptor descriptor, Runnable input, Runnable closing) {
        this.loop = loop;
        this.polled = new FileDescriptor(descriptor.number());
        this.input = input;
        this.closing = closing;
    }

    /** Registers it; the future has {@code value} once it is. */
    <T> Future<T> register(T value) {
        Promise<T> promise = loop.newPromise();
        loop.register(this).addListener(done -> {
            if (!done.isSuccess()) {
                promise.setFailure(done.cause());
                return;
            }
            try {
                IoRegistration registered = (IoRegistration) done.getNow();
                registration.set(registered);
                registered.submit(EpollIoOps.EPOLLIN);
                promise.setSuccess(value);
            } catch (RuntimeException e) {
                promise.setFailure(e);
            }
        });
        return promise;
    }

    @Override
    public FileDescriptor fd() {
        return polled;
    }

    @Override
    public void handle(IoRegistration registered, IoEvent event) {
        if (registered.isValid()) {
            input.run();
        }
    }

    /** Hears no more, and closes the socket; on the loop, which calls this when it ends. Does nothing again. */
    @Override
    public void close() {
        IoRegistration registered = registration.getAndSet(null);
        if (registered != null) {
            registered.cancel();
        }
        closing.run();
    }

    /** The same, from any thread. */
    void closeSoon() {
        if (loop.inEventLoop() || loop.isShuttingDown()) {
            close();
        } else {
            loop.execute(this::close);
        }
    }
}
