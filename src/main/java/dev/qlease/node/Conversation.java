package dev.qlease.node;

import dev.qlease.linux.FileDescriptor;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.MessageSocket;
import dev.qlease.linux.sys.MessageSocket.Received;
import dev.qlease.node.BindingRefusedException.Reason;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** One connection of a client, on a thread of its own, since closing what the client has sent may block. */
final class Conversation {
    private final MessageSocket connection;
    private final QueueAccess queues;
    private final EventLog log;
    private final long deadline;
    private Message.@Nullable Bind request;

    /** @param deadline until when the request must have arrived, by {@link System#nanoTime()} */
    Conversation(MessageSocket connection, QueueAccess queues, EventLog log, long deadline) {
        this.connection = connection;
        this.queues = queues;
        this.log = log;
        this.deadline = deadline;
    }

    /** Serves the request and reports what became of it. Does not close the connection. */
    void run() {
        try {
            serve();
        } catch (BindingRefusedException e) {
            refuse(connection, e, request, log);
        } catch (RuntimeException e) {
            refuse(connection, new BindingRefusedException(Reason.FAILED, "the agent failed", e), request, log);
            log.report(NodeEvent.of(NodeEvent.Kind.PROBLEM, connection.namespace(), "a request failed: " + e));
        }
    }

    private void serve() {
        if (!queues.hasLease(connection.namespace())) {
            throw new BindingRefusedException(
                    Reason.NO_LEASE, "the network namespace of process " + connection.peer() + " has no lease");
        }
        connection.allowDescriptors();
        Received received;
        try {
            connection.send(new Message.Ready().bytes(), null);
            received = connection
                    .receive(Message.MOST_BYTES, deadline)
                    .orElseThrow(() -> new BindingRefusedException(Reason.INVALID, "no request came in time"));
        } catch (LinuxException e) {
            throw new BindingRefusedException(Reason.INVALID, "the connection has ended before a request came", e);
        }
        try {
            serve(received);
        } finally {
            received.file().ifPresent(Conversation::close);
        }
    }

    /** Closes what a client has sent, whatever its file system says about that. */
    private static void close(FileDescriptor file) {
        try {
            file.close();
        } catch (LinuxException e) {
            // It is closed nevertheless; close(2).
            return;
        }
    }

    private void serve(Received received) {
        Message.Bind bind = request(received);
        request = bind;
        FileDescriptor memory = received.file()
                .orElseThrow(() -> new BindingRefusedException(Reason.INVALID, "no descriptor came with the request"));
        try (Peer peer = Peer.of(connection);
                QueueAccess.Made made = queues.bind(bind, memory, peer)) {
            try {
                connection.send(made.reply().bytes(), made.socket());
            } catch (LinuxException e) {
                throw new BindingRefusedException(
                        Reason.NOT_PROVEN, "process " + peer.pid() + " has ended the connection", e);
            }
            log.report(bound(made, bind));
        }
    }

    private static Message.Bind request(Received received) {
        if (!received.data().hasRemaining()) {
            throw new BindingRefusedException(Reason.INVALID, "the connection has ended before a request came");
        }
        if (!received.whole()) {
            throw new BindingRefusedException(
                    Reason.INVALID, "the request is too large, or several descriptors came with it");
        }
        Message message;
        try {
            message = Message.of(received.data());
        } catch (IllegalArgumentException e) {
            throw new BindingRefusedException(Reason.INVALID, String.valueOf(e.getMessage()), e);
        }
        if (message instanceof Message.Bind bind) {
            return bind;
        }
        throw new BindingRefusedException(Reason.INVALID, "the message is no request");
    }

    private NodeEvent bound(QueueAccess.Made made, Message.Bind bind) {
        Message.Bound reply = made.reply();
        return new NodeEvent(
                NodeEvent.Kind.BOUND,
                Optional.empty(),
                connection.peer(),
                connection.peerUser(),
                connection.namespace(),
                made.lease(),
                bind.device(),
                reply.queues(),
                OptionalInt.of(reply.id()),
                "bound a dma-buf");
    }

    /** Sends a refusal, if the client still receives, and reports it. */
    static void refuse(
            MessageSocket connection, BindingRefusedException refusal, Message.@Nullable Bind request, EventLog log) {
        String sentence = String.valueOf(refusal.getMessage());
        try {
            connection.send(new Message.Refused(refusal.reason(), sentence).bytes(), null);
        } catch (LinuxException e) {
            // It does not receive: the report is all that can be done.
        }
        log.report(new NodeEvent(
                NodeEvent.Kind.REFUSED,
                Optional.of(refusal.reason()),
                connection.peer(),
                connection.peerUser(),
                connection.namespace(),
                "",
                request == null ? "" : request.device(),
                request == null ? List.of() : request.queues(),
                OptionalInt.empty(),
                sentence));
    }
}
