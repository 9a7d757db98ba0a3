package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.NapiAttributes;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A NAPI instance of a device.
 *
 * @param id its number, as in SO_INCOMING_NAPI_ID
 * @param ifindex the device
 * @param irq the interrupt that schedules it
 * @param pid its kernel thread, if it has one
 * @param deferHardIrqs number of consecutive empty polls after which the interrupt is enabled again
 * @param groFlushTimeout nanoseconds until the watchdog polls
 * @param irqSuspendTimeout nanoseconds that the interrupt stays disabled while a program busy-polls
 * @param threaded whether it polls in a thread
 * @param unknown attributes that this library has no name for
 */
public record Napi(
        int id,
        int ifindex,
        OptionalInt irq,
        OptionalInt pid,
        OptionalInt deferHardIrqs,
        OptionalLong groFlushTimeout,
        OptionalLong irqSuspendTimeout,
        Optional<NapiThreaded> threaded,
        List<UnknownAttribute> unknown) {
    static Napi of(Attributes a) {
        return new Napi(
                a.get(NapiAttributes.ID),
                a.get(NapiAttributes.IFINDEX),
                a.find(NapiAttributes.IRQ),
                a.find(NapiAttributes.PID),
                a.find(NapiAttributes.DEFER_HARD_IRQS),
                a.find(NapiAttributes.GRO_FLUSH_TIMEOUT),
                a.find(NapiAttributes.IRQ_SUSPEND_TIMEOUT),
                a.find(NapiAttributes.THREADED, NapiThreaded::new),
                a.unknown());
    }
}
