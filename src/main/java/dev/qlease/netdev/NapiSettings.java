package dev.qlease.netdev;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What to change of a NAPI instance; what is empty stays as it is. The fields are those of {@link Napi}.
 *
 * @param deferHardIrqs polls that may find nothing, 0 to 2,147,483,647
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

    /** These, with other {@code polls}. */
    public NapiSettings deferHardIrqs(int polls) {
        return new NapiSettings(OptionalInt.of(polls), groFlushTimeout, irqSuspendTimeout, threaded);
    }

    /** These, with other {@code nanos}. */
    public NapiSettings groFlushTimeout(long nanos) {
        return new NapiSettings(deferHardIrqs, OptionalLong.of(nanos), irqSuspendTimeout, threaded);
    }

    /** These, with other {@code nanos}. */
    public NapiSettings irqSuspendTimeout(long nanos) {
        return new NapiSettings(deferHardIrqs, groFlushTimeout, OptionalLong.of(nanos), threaded);
    }

    /** These, with another {@code mode}. */
    public NapiSettings threaded(NapiThreaded mode) {
        return new NapiSettings(deferHardIrqs, groFlushTimeout, irqSuspendTimeout, Optional.of(mode));
    }
}
