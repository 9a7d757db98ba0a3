package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.sys.Log;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request and the replies to it. The thread that is receiving for the socket adds the replies; the requesting
 * thread reads them once {@link #isDone()} is true.
 *
 * @param <T> the type that the decoder returns for each reply
 */
final class Exchange<T> {
    /** The message that completes an exchange, if it does not fail. */
    enum Ending {
        /** The first reply. */
        REPLY,
        /** The acknowledgement. */
        ACK,
        /** NLMSG_DONE, and only that: not every family sets NLM_F_MULTI. */
        DONE
    }

    private static final Log LOG = Log.of(Exchange.class);

    /** The number of attempts at a dump that the kernel reports as interrupted. */
    private static final int DUMP_ATTEMPTS = 4;

    private static final int ERRNO_SIZE = Integer.BYTES;

    private final RequestImage request;
    private final Decoder<T> decoder;
    private final Ending ending;

    /** Receives the decoded records; null if they are collected in {@link #records}. */
    private final @Nullable Consumer<? super T> reader;

    /** The number of the request, by which its replies are found. */
    private int number;

    /** All decoded records; null if there is at most one and this is no dump. */
    private @Nullable List<T> records;

    /** The first record of an exchange that is not a dump: most have a single one, which needs no list. */
    private @Nullable T first;

    private boolean replied;

    private final boolean traced = LOG.isTraceEnabled();

    /** Whether {@link #reader} has received a record: then the dump cannot be repeated. */
    private boolean handedOver;

    /** Throws the failure on the requesting thread; null if there is none. */
    private @Nullable Runnable failure;

    /** The errno of the kernel's answer; 0 if that is no error. */
    private int error;

    private boolean interrupted;

    /** Set by the requesting thread once the kernel has accepted the request. */
    private volatile boolean sent;

    /** When the kernel last answered, by {@link System#nanoTime()}; the timeout counts from here. */
    private volatile long lastSign;

    /** Whether the timeout counts. Used by the requesting thread only. */
    private boolean timed;

    private volatile boolean done;

    /** The thread that waits for completion; null if there is none. */
    private volatile @Nullable Thread waiter;

    /** Run on completion, if no thread waits; null for none. */
    private volatile @Nullable Runnable listener;

    /** Creates an exchange that collects its records. */
    Exchange(RequestImage request, Decoder<T> decoder, Ending ending) {
        this(request, decoder, ending, null);
    }

    /** Creates an exchange that passes its records to {@code reader} as they arrive; null to collect them. */
    Exchange(RequestImage request, Decoder<T> decoder, Ending ending, @Nullable Consumer<? super T> reader) {
        this.request = request;
        this.decoder = decoder;
        this.ending = ending;
        this.reader = reader;
        this.records = ending == Ending.DONE ? new ArrayList<>() : null;
    }

    /** Sets the number of the request. */
    void number(int assigned) {
        number = assigned;
    }

    int number() {
        return number;
    }

    /** Returns whether all replies arrive together. */
    boolean isSingle() {
        return ending == Ending.REPLY;
    }

    /** Records that the kernel has answered something. */
    void markSign() {
        lastSign = System.nanoTime();
    }

    /**
     * Processes one message that answers this exchange. Throws nothing, since threads of other requests call it too:
     * exceptions and errors, those of the decoder included, become the failure of this exchange.
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
        if (traced) {
            Operation operation = request.operation();
            LOG.trace("<- " + operation + " " + message.print(operation.reply(), operation.headerSize()));
        }
        if (failure == null) {
            if (reader == null) {
                keep(decoder.decode(message));
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

    private void keep(T record) {
        if (records == null && !replied) {
            first = record;
            replied = true;
        } else {
            if (records == null) {
                records = new ArrayList<>();
                records.add(first);
            }
            records.add(record);
        }
    }

    /** NLMSG_ERROR: struct nlmsgerr, which is the error and the request's header, then the extended ack. */
    private void acknowledge(NetlinkMessage message) {
        int headerSize = ERRNO_SIZE + NetlinkMessage.HEADER;
        int result = message.header(headerSize).get(ValueLayout.JAVA_INT_UNALIGNED, 0);
        conclude(result, extendedAck(message, headerSize));
        // An acknowledged dump continues; a refused one is complete, since no NLMSG_DONE follows.
        done = ending != Ending.DONE || result != 0;
    }

    /** NLMSG_DONE: an error number, which older families omit, then the extended ack. */
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
            LOG.warn(request.title() + ": the kernel says: " + ack);
        }
    }

    /** Returns the extended ack; none if it is malformed, since the result is still valid. */
    private ExtendedAck extendedAck(NetlinkMessage message, int headerSize) {
        if ((message.flags() & Uapi.NLM_F_ACK_TLVS()) == 0) {
            return ExtendedAck.NONE;
        }
        try {
            return ExtendedAck.of(message.attributes(ExtendedAck.SET, headerSize), request);
        } catch (MalformedMessageException e) {
            LOG.warn(request.title() + ": extended ack that can't be read: " + e.getMessage());
            return ExtendedAck.NONE;
        }
    }

    /** Keeps the first failure. A dump is still read to its end, since the socket has one dump at a time. */
    private void fail(Runnable thrower) {
        if (failure == null) {
            failure = thrower;
        }
        if (ending != Ending.DONE) {
            done = true;
        }
    }

    /** Fails the exchange, because the kernel has dropped its replies. */
    void lose(LinuxException why) {
        conclude(-why.number(), ExtendedAck.NONE);
        done = true;
    }

    /** Records that the kernel has accepted the request. */
    void markSent() {
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

    /**
     * Returns the end of a timeout of {@code nanos}, which the first call starts: most replies are there before anything
     * waits for them, and reading the clock would be a tenth of a request's own time.
     */
    long deadline(long nanos) {
        if (!timed) {
            timed = true;
            lastSign = System.nanoTime();
        }
        return lastSign + nanos;
    }

    /** Sets the thread that waits; it does so before it checks whether it has to wait. Null for none. */
    void waitedForBy(@Nullable Thread thread) {
        waiter = thread;
    }

    /** Sets what the receiving thread runs on completion. */
    void whenDone(Runnable told) {
        listener = told;
    }

    /** Fails the exchange, because its socket is closed. */
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
     * Wakes the waiting thread, unless that is the calling thread, and runs the listener if the exchange is done.
     *
     * @return whether a thread was woken
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

    /** Returns whether {@link #records()} throws, once the exchange is done. */
    boolean failed() {
        return failure != null;
    }

    /** Returns whether the kernel answered with {@code errno}. */
    boolean failedWith(Errno errno) {
        return error == errno.number();
    }

    /**
     * Returns the records, once the exchange is done.
     *
     * @throws RuntimeException the failure, if there is one
     */
    List<T> records() {
        throwFailure();
        if (records != null) {
            return records;
        }
        return replied ? Collections.singletonList(first) : List.of();
    }

    /**
     * Returns the single record, once the exchange is done.
     *
     * @throws RuntimeException the failure, if there is one
     * @throws MalformedMessageException if there is no record
     */
    @SuppressWarnings("NullAway") // a decoder returns null only if its type has it
    T reply() {
        throwFailure();
        if (!replied) {
            throw new MalformedMessageException(request.title(), "the kernel acknowledged it without a reply");
        }
        return first;
    }

    private void throwFailure() {
        if (failure != null) {
            failure.run();
        }
    }

    /**
     * Returns whether to repeat a dump after this number of attempts: if the list changed meanwhile, if the kernel was
     * still busy with an abandoned dump (EBUSY), or if it had no room (ENOBUFS). Never after the reader has received a
     * record.
     */
    boolean isWorthAnotherDump(int attempts) {
        return attempts < DUMP_ATTEMPTS
                && !handedOver
                && (failed() ? failedWith(Errno.EBUSY) || failedWith(Errno.ENOBUFS) : isInterrupted());
    }

    /**
     * Returns the records of a dump.
     *
     * @param attempts the number of attempts made
     * @throws DumpInterruptedException with the records, if the list changed during the last attempt too
     * @throws RuntimeException the failure, if there is one
     */
    List<T> dumped(int attempts) {
        List<T> all = records();
        if (isInterrupted()) {
            throw new DumpInterruptedException(request.title(), attempts, all);
        }
        return all;
    }
}
