package dev.qlease.devmem;

import dev.qlease.ffi.uapi.dmabuf_token;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a socket's fragments that are out, and how they go back: neighbours merged into ranges, no more of either in
 * a call than the kernel takes (sock_devmem_dontneed in net/core/sock.c). The kernel hands out the lowest numbers that are
 * free, so that a bit for each stays small. Guarded by its owner; allocates nothing but room for more tokens than ever
 * before.
 */
final class Tokens {
    /** MAX_DONTNEED_TOKENS. */
    static final int MAX_RANGES = 128;

    /** MAX_DONTNEED_FRAGS. */
    static final int MAX_FRAGMENTS = 1024;

    private final Call call;
    private final SegmentAllocator memory;
    private @Nullable MemorySegment ranges;
    private long[] out = new long[4];
    private long[] returning = new long[4];
    private int outstanding;
    private int[] starts = {};
    private int[] counts = {};
    private int rangeCount;
    private int fragmentCount;
    private long calls;
    private long returned;

    /** The system call. */
    @FunctionalInterface
    interface Call {
        /** Gives back the {@code count} ranges at {@code ranges}; answers how many fragments that freed. */
        int dontNeed(MemorySegment ranges, int count);
    }

    Tokens(SegmentAllocator memory, Call call) {
        this.call = call;
        this.memory = memory;
    }

    /** Takes note of a token that the kernel has handed out. */
    void add(int token) {
        int word = token >>> 6;
        if (word >= out.length) {
            int length = Math.max(word + 1, 2 * out.length);
            out = Arrays.copyOf(out, length);
            returning = Arrays.copyOf(returning, length);
        }
        out[word] |= 1L << token;
        outstanding++;
    }

    boolean isOut(int token) {
        int word = token >>> 6;
        return word < out.length && (out[word] & 1L << token) != 0;
    }

    /** How many are out. */
    int outstanding() {
        return outstanding;
    }

    /** How many setsockopt calls returning has taken. */
    long calls() {
        return calls;
    }

    /** How many were returned. */
    long returned() {
        return returned;
    }

    /**
     * Gives tokens back; those that are not out, as negative ones, are passed over.
     *
     * @return how many it gave back
     */
    int giveBack(int[] tokens, int count) {
        int least = Integer.MAX_VALUE;
        int most = -1;
        for (int i = 0; i < count; i++) {
            int token = tokens[i];
            if (token >= 0 && isOut(token)) {
                returning[token >>> 6] |= 1L << token;
                least = Math.min(least, token >>> 6);
                most = Math.max(most, token >>> 6);
            }
        }
        return sweep(least, most);
    }

    /** Gives all back that are out. */
    int giveBackAll() {
        System.arraycopy(out, 0, returning, 0, out.length);
        return sweep(0, out.length - 1);
    }

    /** Gives back what is marked in these words. */
    private int sweep(int least, int most) {
        long before = returned;
        try {
            for (int word = least; word <= most; word++) {
                // By runs and not one by one: neighbours are the rule.
                for (long bits = returning[word]; bits != 0; ) {
                    int bit = Long.numberOfTrailingZeros(bits);
                    int run = Long.numberOfTrailingZeros(~(bits >>> bit));
                    append((word << 6) + bit, run);
                    bits &= ~mask(bit, run);
                }
            }
            flush();
        } finally {
            // Also when a call failed: what it was to return is still out, and may be tried again.
            for (int word = least; word <= most; word++) {
                returning[word] = 0;
            }
            rangeCount = 0;
            fragmentCount = 0;
        }
        return (int) (returned - before);
    }

    private MemorySegment ranges() {
        if (ranges == null) {
            // Most sockets never receive device memory.
            ranges = dmabuf_token.allocateArray(MAX_RANGES, memory);
        }
        return ranges;
    }

    /** So many bits of a word, at least one, from this one on. */
    private static long mask(int bit, int run) {
        return -1L >>> (Long.SIZE - run) << bit;
    }

    /** Has tokens that follow each other go back, with as many calls as that takes. */
    private void append(int first, int length) {
        int end = first + length;
        for (int token = first; token < end; ) {
            int some = Math.min(end - token, MAX_FRAGMENTS - fragmentCount);
            appendRange(token, some);
            token += some;
            if (fragmentCount == MAX_FRAGMENTS) {
                flush();
            }
        }
    }

    private void appendRange(int start, int length) {
        int last = rangeCount - 1;
        if (last >= 0 && starts[last] + counts[last] == start) {
            counts[last] += length;
        } else {
            if (rangeCount == MAX_RANGES) {
                flush();
            }
            if (starts.length == 0) {
                starts = new int[MAX_RANGES];
                counts = new int[MAX_RANGES];
            }
            starts[rangeCount] = start;
            counts[rangeCount++] = length;
        }
        fragmentCount += length;
    }

    /** Writes the ranges to where the kernel reads them; by offsets, since a view of each would be allocated. */
    private MemorySegment written() {
        MemorySegment target = ranges();
        for (int i = 0; i < rangeCount; i++) {
            long range = i * dmabuf_token.sizeof();
            target.set(ValueLayout.JAVA_INT, range + dmabuf_token.token_start$offset(), starts[i]);
            target.set(ValueLayout.JAVA_INT, range + dmabuf_token.token_count$offset(), counts[i]);
        }
        return target;
    }

    private void flush() {
        if (rangeCount == 0) {
            return;
        }
        MemorySegment written = written();
        int freed = 0;
        while (freed < fragmentCount) {
            // The kernel may stop early. Asked again it passes over those that it has freed.
            int more = call.dontNeed(written, rangeCount);
            calls++;
            if (more == 0) {
                break;
            }
            freed += more;
        }
        for (int i = 0; i < rangeCount; i++) {
            int end = starts[i] + counts[i];
            for (int token = starts[i]; token < end; ) {
                int bit = token & Long.SIZE - 1;
                int run = Math.min(end - token, Long.SIZE - bit);
                out[token >>> 6] &= ~mask(bit, run);
                token += run;
            }
        }
        int asked = fragmentCount;
        outstanding -= asked;
        returned += asked;
        rangeCount = 0;
        fragmentCount = 0;
        if (freed != asked) {
            throw new IllegalStateException("the kernel knew " + freed + " of " + asked + " tokens given back to it");
        }
    }
}
