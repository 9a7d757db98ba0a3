package dev.qlease.devmem;

import dev.qlease.ffi.uapi.dmabuf_token;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of the fragments that a socket holds. They are returned in ranges of consecutive tokens, with no more
 * ranges and tokens in a call than the kernel accepts (sock_devmem_dontneed in net/core/sock.c). The kernel assigns the
 * lowest free numbers, so that a bit set stays small. Guarded by its owner; allocates only when more tokens are held
 * than ever before.
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
        /** Returns {@code count} ranges to the kernel; the result is the number of fragments that it freed. */
        int dontNeed(MemorySegment ranges, int count);
    }

    Tokens(SegmentAllocator memory, Call call) {
        this.call = call;
        this.memory = memory;
    }

    /** Adds a token that the kernel has assigned. */
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

    /** Adds those of the first {@code count} tokens that are not negative. */
    void add(int[] those, int count) {
        for (int i = 0; i < count; i++) {
            if (those[i] >= 0) {
                add(those[i]);
            }
        }
    }

    boolean isOut(int token) {
        int word = token >>> 6;
        return word < out.length && (out[word] & 1L << token) != 0;
    }

    /** Returns the number of tokens held. */
    int outstanding() {
        return outstanding;
    }

    /** Returns the number of setsockopt calls made to return tokens. */
    long calls() {
        return calls;
    }

    /** Returns the number of tokens returned. */
    long returned() {
        return returned;
    }

    /**
     * Returns tokens to the kernel; skips negative ones and those that are not held.
     *
     * @return the number of tokens returned
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

    /** Returns all held tokens to the kernel. */
    int giveBackAll() {
        System.arraycopy(out, 0, returning, 0, out.length);
        return sweep(0, out.length - 1);
    }

    /** Returns the tokens that are marked in these words. */
    private int sweep(int least, int most) {
        long before = returned;
        try {
            for (int word = least; word <= most; word++) {
                // By runs instead of one by one, since most tokens are consecutive.
                for (long bits = returning[word]; bits != 0; ) {
                    int bit = Long.numberOfTrailingZeros(bits);
                    int run = Long.numberOfTrailingZeros(~(bits >>> bit));
                    append((word << 6) + bit, run);
                    bits &= ~mask(bit, run);
                }
            }
            flush();
        } finally {
            // Also if a call failed: its tokens are still held, and the caller may try again.
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

    /** Returns a mask of {@code run} consecutive bits, at least one, from {@code bit} on. */
    private static long mask(int bit, int run) {
        return -1L >>> (Long.SIZE - run) << bit;
    }

    /** Appends consecutive tokens, with as many calls as the limit on fragments requires. */
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

    /** Writes the ranges to native memory; by offsets, since a slice for each would be allocated. */
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
            // The kernel may stop early. When called again it skips the fragments that it has freed.
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
            throw new IllegalStateException(
                    "the kernel freed only " + freed + " of " + asked + " fragments whose tokens were returned");
        }
    }
}
