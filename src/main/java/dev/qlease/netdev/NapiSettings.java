package dev.qlease.netdev;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A change to a NAPI instance; empty values are left unchanged. The fields are those of {@link Napi}.
 *
 * @param deferHardIrqs number of empty polls, 0 to 2,147,483,647
 * @param groFlushTimeout nanoseconds, unsigned
 * @param irqSuspendTimeout nanoseconds, unsigned
 * @param threaded whether to poll in a thread
 */
public record NapiSettings(
        OptionalInt deferHardIrqs,
        OptionalLong groFlushTimeout,
        OptionalLong irqSuspendTimeout,
        Optional<NapiThreaded> threaded) {
    /** Changes nothing. */
    public static final NapiSettings NONE =
            new NapiSettings(OptionalInt.empty(), OptionalLong.empty(), OptionalLong.empty(), Optional.empty());

    /** Returns a copy with this number of empty polls. */
    public NapiSettings deferHardIrqs(int polls) {
        return new NapiSettings(OptionalInt.of(polls), groFlushTimeout, irqSuspendTimeout, threaded);
    }

    /** Returns a copy with this watchdog timeout in nanoseconds. */
    public NapiSettings groFlushTimeout(long nanos) {
        return new NapiSettings(deferHardIrqs, OptionalLong.of(nanos), irqSuspendTimeout, threaded);
    }

    /** Returns a copy with this suspend timeout in nanoseconds. */
    public NapiSettings irqSuspendTimeout(long nanos) {
        return new NapiSettings(deferHardIrqs, groFlushTimeout, OptionalLong.of(nanos), threaded);
    }

    /** Returns a copy with this polling mode. */
    public NapiSettings threaded(NapiThreaded mode) {
        return new NapiSettings(deferHardIrqs, groFlushTimeout, irqSuspendTimeout, Optional.of(mode));
    }
}
