package dev.qlease.netlink;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The exchanges of one socket that expect replies, by the numbers of their requests. Thread-safe.
 *
 * <p>A few requests are pending at a time and their numbers are consecutive, so each has a slot of its own, and adding
 * and removing one takes a single atomic operation and no memory. A request whose slot is taken goes to a map.
 */
final class Pending {
    private static final int SLOTS = Long.SIZE;

    private final AtomicReferenceArray<@Nullable Exchange<?>> slots = new AtomicReferenceArray<>(SLOTS);

    /** A bit for each slot that is taken. */
    private final AtomicLong taken = new AtomicLong();

    private final Map<Integer, Exchange<?>> others = new ConcurrentHashMap<>();

    private static long bit(int number) {
        return 1L << number;
    }

    private static int slot(int number) {
        return number & SLOTS - 1;
    }

    /** Adds an exchange; its number is that of no other. */
    void add(Exchange<?> exchange) {
        int number = exchange.number();
        if (take(bit(number))) {
            slots.setRelease(slot(number), exchange);
        } else {
            others.put(number, exchange);
        }
    }

    private boolean take(long bit) {
        long bits;
        do {
            bits = taken.get();
            if ((bits & bit) != 0) {
                return false;
            }
        } while (!taken.compareAndSet(bits, bits | bit));
        return true;
    }

    /** Returns the exchange with this number; null if there is none. */
    @Nullable
    Exchange<?> get(int number) {
        Exchange<?> exchange = slots.getAcquire(slot(number));
        if (exchange != null && exchange.number() == number) {
            return exchange;
        }
        return others.isEmpty() ? null : others.get(number);
    }

    /** Removes the exchange with this number; does nothing if there is none. */
    void remove(int number) {
        Exchange<?> exchange = slots.getAcquire(slot(number));
        if (exchange != null && exchange.number() == number) {
            slots.setRelease(slot(number), null);
            // No other thread clears this bit.
            taken.addAndGet(-bit(number));
        } else {
            others.remove(number);
        }
    }

    /** Passes each exchange to {@code visitor} until it returns true. */
    void visit(Predicate<Exchange<?>> visitor) {
        for (long bits = taken.get(); bits != 0; bits &= bits - 1) {
            Exchange<?> exchange = slots.getAcquire(Long.numberOfTrailingZeros(bits));
            if (exchange != null && visitor.test(exchange)) {
                return;
            }
        }
        if (!others.isEmpty()) {
            for (Exchange<?> exchange : others.values()) {
                if (visitor.test(exchange)) {
                    return;
                }
            }
        }
    }
}
