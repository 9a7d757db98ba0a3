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

/** A netlink socket on an event loop. */
final class NetlinkHandle implements EpollIoHandle {
    private final FileDescriptor polled;
    private final IoEventLoop loop;
    private final Runnable input;
    private final Runnable closing;
    private final AtomicReference<@Nullable IoRegistration> registration = new AtomicReference<>();

    /**
     * Creates a handle; call {@link #register} to register it.
     *
     * @param descriptor the descriptor of the socket, which continues to own it
     * @param input reads all available messages, on the event loop
     * @param closing closes the socket
     */
    NetlinkHandle(IoEventLoop loop, dev.qlease.linux.FileDescriptor descriptor, Runnable input, Runnable closing) {
        this.loop = loop;
        this.polled = new FileDescriptor(descriptor.number());
        this.input = input;
        this.closing = closing;
    }

    /** Registers the handle; the future then completes with {@code value}. */
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

    /**
     * Stops delivering input and closes the socket. Must be called on the event loop, which also calls it when it ends.
     * Idempotent.
     */
    @Override
    public void close() {
        IoRegistration registered = registration.getAndSet(null);
        if (registered != null) {
            registered.cancel();
        }
        closing.run();
    }

    /** Closes the handle on the event loop; may be called by any thread. */
    void closeSoon() {
        if (loop.inEventLoop() || loop.isShuttingDown()) {
            close();
        } else {
            loop.execute(this::close);
        }
    }
}
