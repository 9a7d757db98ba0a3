package dev.qlease.node;

import java.io.Serial;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The agent has refused to bind a dma-buf; the message is a sentence that says why. */
public final class BindingRefusedException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final Reason reason;

    /** Why a request is refused. */
    public enum Reason {
        /** The request is not valid, or what came with it is not a dma-buf. */
        INVALID(0),
        /** The network namespace has no lease. */
        NO_LEASE(1),
        /** The device or a queue is not part of the lease. */
        NOT_LEASED(2),
        /** The lease is being created or deleted, or is not as it was created. */
        NOT_READY(3),
        /** The process has ended, or is not in the network namespace in which it has connected. */
        NOT_PROVEN(4),
        /** A queue receives into a dma-buf already. */
        IN_USE(5),
        /** Too many processes of the network namespace, or of the machine, make requests; retry later. */
        BUSY(6),
        /** The kernel or the NIC does not support it. */
        UNSUPPORTED(7),
        /** The kernel has refused the binding. */
        FAILED(8),
        /** The agent is of another version, or has ended before it replied. */
        NO_REPLY(9);

        private final int number;

        Reason(int number) {
            this.number = number;
        }

        /** Returns the reason as it is printed. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Returns its number in the protocol. */
        int number() {
            return number;
        }

        static Optional<Reason> of(int number) {
            return Stream.of(values()).filter(reason -> reason.number == number).findFirst();
        }
    }

    BindingRefusedException(Reason reason, String sentence) {
        super(sentence);
        this.reason = reason;
    }

    BindingRefusedException(Reason reason, String sentence, Throwable cause) {
        super(sentence, cause);
        this.reason = reason;
    }

    /** Returns why. */
    public Reason reason() {
        return reason;
    }
}
