package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and what has come back for it. Whichever thread is receiving for the socket at the time fills it; the thread
 * that asked reads it after {@link #isDone()}.
 *
 * @param <T> what the decoder makes of each reply
 */
final class Exchange<T> {
    /** What ends an exchange that did not fail. */
    enum Ending {
        /** The first reply. */
        REPLY,
        /** The acknowledgement. */
        ACK,
        /** NLMSG_DONE, and only that: not every family sets NLM_F_MULTI. */
        DONE
    }

    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    /** How often a list that changes while it is read is read again. */
    private static final int DUMP_ATTEMPTS = 4;

    private static final int ERRNO_SIZE = Integer.BYTES;

    private final RequestImage request;
    private final Decoder<T> decoder;
    private final Ending ending;

    /** Takes what is decoded; null if it is kept. */
    private final @Nullable Consumer<? super T> reader;

    private final List<T> records = new ArrayList<>();

    /** Whether {@link #reader} was given something, which cannot be taken back. */
    private boolean handedOver;

    /** Throws what went wrong, on the thread that asked; null while nothing did. */
    private @Nullable Runnable failure;

    /** The number of the error that the kernel answered with; 0 if it did not. */
    private int error;

    private boolean interrupted;

    /** Set by the asking thread once the kernel has taken the request. */
    private volatile boolean sent;

    /** When the kernel last gave a sign; {@link System#nanoTime()}. */
    private volatile long lastSign = System.nanoTime();

    private volatile boolean done;

    /** Who waits for the end of this; null while nobody does. */
    private volatile @Nullable Thread waiter;

    /** Told of the end where nobody waits for it; null for none. */
    private volatile @Nullable Runnable listener;

    /** One whose records are kept. */
    Exchange(RequestImage request, Decoder<T> decoder, Ending ending) {
        this(request, decoder, ending, null);
    }

    /** One whose records {@code reader} takes as they come; null to keep them. */
    Exchange(RequestImage request, Decoder<T> decoder, Ending ending, @Nullable Consumer<? super T> reader) {
        this.request = request;
        this.decoder = decoder;
        this.ending = ending;
        this.reader = reader;
    }

    /** Notes that the kernel gives a sign. */
    void markSign() {
        lastSign = System.nanoTime();
    }

    /**
     * Takes one message that answers this exchange. Throws nothing, since it is called on other requests' threads too: what
     * goes wrong, an Error in the decoder included, becomes the exchange's failure.
     */
    void accept(NetlinkMessage message) {
        if ((message.flags() & Uapi.NLM_F_DUMP_INTR()) != 0) {
            interrupted = true;
        }
        try {
            int type = message.type();
            if (type == Uapi.NLMSG_ERROR()) {
                acknowledge(message);
            } else if (type == Uapi.NLMSG_DONE()) {
                finishDump(message);
            } else if (type >= Uapi.NLMSG_MIN_TYPE()) {
                reply(message);
            }
        } catch (RuntimeException | Error e) {
            fail(() -> {
                throw e;
            });
        }
    }

    private void reply(NetlinkMessage message) {
        if (LOG.isTraceEnabled()) {
            Operation operation = request.operation();
            LOG.trace("<- {} {}", operation, message.print(operation.reply(), operation.headerSize()));
        }
        if (failure == null) {
            if (reader == null) {
                records.add(decoder.decode(message));
            } else {
                T record = decoder.decode(message);
                handedOver = true;
                reader.accept(record);
            }
        }
        if (ending == Ending.REPLY) {
            done = true;
        }
    }

    /** NLMSG_ERROR: struct nlmsgerr, which is the error and the request's header, then the extended ack. */
    private void acknowledge(NetlinkMessage message) {
        int headerSize = ERRNO_SIZE + NetlinkMessage.HEADER;
        int result = message.header(headerSize).get(ValueLayout.JAVA_INT_UNALIGNED, 0);
        conclude(result, extendedAck(message, headerSize));
        // A dump that was acknowledged goes on; one that was refused has no end of its own.
        done = ending != Ending.DONE || result != 0;
    }

    /** NLMSG_DONE: an error number, which older families leave out, then the extended ack. */
    private void finishDump(NetlinkMessage message) {
        if (message.length() >= NetlinkMessage.HEADER + ERRNO_SIZE) {
            int result = message.header(ERRNO_SIZE).get(ValueLayout.JAVA_INT_UNALIGNED, 0);
            conclude(Math.min(result, 0), extendedAck(message, ERRNO_SIZE));
        }
        done = true;
    }

    private void conclude(int result, ExtendedAck ack) {
        if (result != 0) {
            error = -result;
            fail(() -> {
                throw NetlinkException.of(request.title(), -result, ack);
            });
        } else if (!ack.isEmpty()) {
            LOG.warn("{}: the kernel says: {}", request.title(), ack);
        }
    }

    /** The extended ack; none where it can't be read, which must not hide the result that it comes with. */
    private ExtendedAck extendedAck(NetlinkMessage message, int headerSize) {
        if ((message.flags() & Uapi.NLM_F_ACK_TLVS()) == 0) {
            return ExtendedAck.NONE;
        }
        try {
            return ExtendedAck.of(message.attributes(ExtendedAck.SET, headerSize), request);
        } catch (MalformedMessageException e) {
            LOG.warn("{}: extended ack that can't be read: {}", request.title(), e.getMessage());
            return ExtendedAck.NONE;
        }
    }

    /** Keeps the first failure; a dump goes on until its end, so that the next one finds the socket ready. */
    private void fail(Runnable thrower) {
        if (failure == null) {
            failure = thrower;
        }
        if (ending != Ending.DONE) {
            done = true;
        }
    }

    /** Ends the exchange, whose rest the kernel threw away. */
    void lose(LinuxException why) {
        conclude(-why.number(), ExtendedAck.NONE);
        done = true;
    }

    /** Says that the kernel has taken the request. Its patience is counted from here: the call may have had to wait. */
    void markSent() {
        lastSign = System.nanoTime();
        sent = true;
    }

    boolean isSent() {
        return sent;
    }

    boolean isDone() {
        return done;
    }

    boolean isInterrupted() {
        return interrupted;
    }

    long lastSign() {
        return lastSign;
    }

    /** Says who waits, from before it looks whether it has to until it no longer does; null for nobody. */
    void waitedForBy(@Nullable Thread thread) {
        waiter = thread;
    }

    /** Has {@code told} run at the end of this, by whoever receives it. */
    void whenDone(Runnable told) {
        listener = told;
    }

    /** Ends the exchange with the socket. */
    void close() {
        if (listener != null && !done) {
            fail(() -> {
                throw NetlinkSocket.closed(request.title());
            });
            done = true;
        }
        wake();
    }

    /**
     * Wakes who waits for this, unless that is the calling thread; false if there is nobody to wake. Tells the listener, if
     * this is done.
     */
    boolean wake() {
        Runnable told = listener;
        if (told != null && done) {
            listener = null;
            told.run();
        }
        Thread thread = waiter;
        if (thread == null || thread == Thread.currentThread()) {
            return false;
        }
        LockSupport.unpark(thread);
        return true;
    }

    RequestImage request() {
        return request;
    }

    /** Whether {@link #records()} will throw, once this is done. */
    boolean failed() {
        return failure != null;
    }

    /** Whether the kernel answered with {@code errno}. */
    boolean failedWith(Errno errno) {
        return error == errno.number();
    }

    /**
     * What came, once this is done.
     *
     * @throws RuntimeException what went wrong, if something did
     */
    List<T> records() {
        if (failure != null) {
            failure.run();
        }
        return records;
    }

    /**
     * Whether a dump, having been tried so often, is to be tried again: the list changed under it, or it did not come about,
     * the kernel being still busy with one that was given up, or having had no room for this one. Not once somebody was
     * given what came.
     */
    boolean isWorthAnotherDump(int attempts) {
        return attempts < DUMP_ATTEMPTS
                && !handedOver
                && (failed() ? failedWith(Errno.EBUSY) || failedWith(Errno.ENOBUFS) : isInterrupted());
    }

    /**
     * What a dump brought.
     *
     * @param attempts how often it was tried
     * @throws DumpInterruptedException with what came, if the list changed even the last time
     * @throws RuntimeException what went wrong, if something did
     */
    List<T> dumped(int attempts) {
        List<T> all = records();
        if (isInterrupted()) {
            throw new DumpInterruptedException(request.title(), attempts, all);
        }
        return all;
    }

    /** The bytes to send. */
    MemorySegment message() {
        return request.message();
    }
}
