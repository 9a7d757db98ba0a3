package dev.qlease.node;

import dev.qlease.devmem.RxBinding;
import dev.qlease.dmabuf.DmaBuf;
import dev.qlease.linux.Errno;
import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Events;
import dev.qlease.linux.sys.MessageSocket;
import dev.qlease.linux.sys.MessageSocket.Received;
import dev.qlease.node.BindingRefusedException.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Binds dma-bufs to leased queues without CAP_NET_ADMIN, through the agent of the node, {@code qlease node}.
 *
 * {@snippet :
 * try (DmaBuf memory = Udmabuf.pages().allocate(32 << 20);
 *         RxBinding binding = PodBindings.standard().bindRx("eth0", memory)) {
 *     System.out.println(binding.queues());
 * }
 * }
 *
 * <p>The calling process must be in the network namespace that the queues are leased to. A binding belongs to the
 * process that requested it, as if it had made it itself: it ends when it is closed or the process ends, and does not
 * depend on the agent any more. Each request makes a connection of its own, so there is nothing to close. Immutable and
 * thread-safe.
 */
public final class PodBindings {
    /** The agent's socket, on the host and, if the directory is mounted there, in containers. */
    public static final Path SOCKET = NodeAgent.DIRECTORY.resolve(NodeAgent.SOCKET);

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Path socket;
    private final Duration timeout;

    private PodBindings(Path socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
    }

    /** Returns a client of the agent at {@link #SOCKET}, which waits at most 30 seconds for a reply. */
    public static PodBindings standard() {
        return at(SOCKET, TIMEOUT);
    }

    /**
     * Returns a client of the agent at another socket.
     *
     * @param timeout how long to wait for a reply, which includes waiting while the agent is busy
     */
    public static PodBindings at(Path socket, Duration timeout) {
        return new PodBindings(socket, timeout);
    }

    /** As {@link #bindRx(String, DmaBuf, List, OptionalInt)}, to all leased queues, with pieces of one page. */
    public RxBinding bindRx(String device, DmaBuf memory) {
        return bindRx(device, memory, List.of(), OptionalInt.empty());
    }

    /**
     * Binds a dma-buf to leased queues of a device, which fill it from then on.
     *
     * @param device the name, an alternative name or the ifindex of the device with leased queues
     * @param memory remains owned by the caller
     * @param queues the numbers of the leased queues, at most 64; empty for all
     * @param rxPageSize size in bytes of the pieces to fill, a power of two; empty for a page
     * @throws IllegalArgumentException if the name or the queues are invalid
     * @throws BindingRefusedException if the agent refuses, or ends before it replies
     * @throws LinuxException if the agent cannot be reached: ENOENT if there is no socket, ECONNREFUSED if no agent
     *     listens there, ETIMEDOUT if it does not reply in time
     */
    public RxBinding bindRx(String device, DmaBuf memory, List<Integer> queues, OptionalInt rxPageSize) {
        byte[] request = new Message.Bind(device, queues, rxPageSize).bytes();
        long deadline = Events.deadlineAfter(timeout);
        while (true) {
            try {
                Bound bound = request(request, memory.descriptor(), deadline);
                Message.Bound reply = bound.reply();
                return RxBinding.handedOver(memory, bound.socket(), reply.ifindex(), reply.id(), reply.queues());
            } catch (BindingRefusedException e) {
                if (e.reason() != Reason.BUSY || Events.nanosUntil(deadline) < RETRY_NANOS) {
                    throw e;
                }
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }

    /** A reply, and the socket that came with it. */
    record Bound(Message.Bound reply, FileDescriptor socket) {}

    /** Makes one request; the caller owns the socket of the reply. */
    Bound request(byte[] request, FileDescriptor memory, long deadline) {
        try (MessageSocket connection = MessageSocket.connect(socket, deadline)) {
            if (!(reply(connection, deadline).message() instanceof Message.Ready)) {
                throw noReply("it did not follow the protocol", null);
            }
            send(connection, request, memory);
            Reply reply = reply(connection, deadline);
            if (reply.message() instanceof Message.Bound bound && reply.file().isPresent()) {
                return new Bound(bound, reply.file().get());
            }
            reply.file().ifPresent(FileDescriptor::close);
            throw noReply("it did not follow the protocol", null);
        }
    }

    private static void send(MessageSocket connection, byte[] request, FileDescriptor memory) {
        try {
            connection.send(request, memory);
        } catch (LinuxException e) {
            throw noReply("it has ended the connection", e);
        }
    }

    private record Reply(Message message, Optional<FileDescriptor> file) {}

    private Reply reply(MessageSocket connection, long deadline) {
        Received received;
        try {
            received = connection
                    .receive(Message.MOST_BYTES, deadline)
                    .orElseThrow(() -> new LinuxException(
                            "request to " + socket,
                            Errno.ETIMEDOUT.number(),
                            "the agent did not reply within " + timeout.toMillis() / 1e3 + " s"));
        } catch (LinuxException e) {
            if (e.is(Errno.ETIMEDOUT)) {
                throw e;
            }
            throw noReply("it has ended the connection", e);
        }
        try {
            return new Reply(message(received), received.file());
        } catch (BindingRefusedException e) {
            received.file().ifPresent(FileDescriptor::close);
            throw e;
        }
    }

    private static Message message(Received received) {
        if (!received.data().hasRemaining()) {
            throw noReply("it has ended the connection", null);
        }
        if (!received.whole()) {
            throw noReply("its reply was cut off, since this process has too many open files", null);
        }
        Message message;
        try {
            message = Message.of(received.data());
        } catch (IllegalArgumentException e) {
            throw noReply(String.valueOf(e.getMessage()), e);
        }
        if (message instanceof Message.Refused refused) {
            throw new BindingRefusedException(refused.reason(), refused.sentence());
        }
        return message;
    }

    private static BindingRefusedException noReply(String because, @Nullable Exception cause) {
        String sentence = "the agent did not reply to the request: " + because;
        return cause == null
                ? new BindingRefusedException(Reason.NO_REPLY, sentence)
                : new BindingRefusedException(Reason.NO_REPLY, sentence, cause);
    }

    @Override
    public String toString() {
        return "bindings of the agent at " + socket;
    }
}
