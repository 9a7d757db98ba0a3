package dev.qlease.devmem;

import org.jspecify.annotations.Nullable;

/**
 * The sends of one socket that have not completed: a ring of rows, each with the binding of a send, its bytes of the
 * dma-buf, and a cookie chosen by the caller. Grows up to its limits as more sends are in flight; allocates nothing
 * otherwise. Guarded by the socket's lock.
 *
 * <p>The kernel numbers sends from 0, wrapping at 2^32; here they are counted in 64 bits. Completions arrive as ranges,
 * in any order.
 */
final class InFlight {
    private static final int FIRST_SENDS = 16;
    private static final int FIRST_PIECES = 32;

    private final int maxSends;
    private final int maxPieces;

    /** For each send, the number of its first piece, counted in 64 bits. */
    private long[] firstPiece = {};

    private boolean[] done = {};
    private @Nullable TxBinding[] bindings = {};
    private long[] cookies = {};

    /** For each piece, its offset and its length. */
    private long[] offsets = {};

    private long[] lengths = {};

    private long oldest;
    private long next;
    private long oldestPiece;
    private long nextPiece;
    private long completed;
    private long copied;

    /** Has room for {@code sends} sends with a total of {@code pieces} pieces; both are powers of two. */
    InFlight(int sends, int pieces) {
        this(sends, pieces, 0);
    }

    /** Starts as if {@code already} sends had been made and completed before. */
    InFlight(int sends, int pieces, long already) {
        oldest = already;
        next = already;
        maxSends = sends;
        maxPieces = pieces;
    }

    /**
     * Returns whether there is room for one more send of {@code pieces} pieces, after growing if necessary and
     * possible.
     */
    boolean hasRoom(int pieces) {
        long sends = next - oldest + 1;
        long all = nextPiece - oldestPiece + pieces;
        if (sends > maxSends || all > maxPieces) {
            return false;
        }
        if (sends > done.length) {
            growSends();
        }
        if (all > offsets.length) {
            growPieces((int) all);
        }
        return true;
    }

    private void growSends() {
        int size = Math.min(maxSends, Math.max(FIRST_SENDS, 2 * done.length));
        long[] oldFirst = firstPiece;
        boolean[] oldDone = done;
        @Nullable TxBinding[] oldBindings = bindings;
        long[] oldCookies = cookies;
        firstPiece = new long[size];
        done = new boolean[size];
        bindings = new TxBinding[size];
        cookies = new long[size];
        for (long send = oldest; send < next; send++) {
            int from = (int) send & oldDone.length - 1;
            int to = slot(send);
            firstPiece[to] = oldFirst[from];
            done[to] = oldDone[from];
            bindings[to] = oldBindings[from];
            cookies[to] = oldCookies[from];
        }
    }

    private void growPieces(int least) {
        int size = Math.max(FIRST_PIECES, offsets.length);
        while (size < least) {
            size *= 2;
        }
        size = Math.min(size, maxPieces);
        long[] oldOffsets = offsets;
        long[] oldLengths = lengths;
        offsets = new long[size];
        lengths = new long[size];
        for (long piece = oldestPiece; piece < nextPiece; piece++) {
            int from = (int) piece & oldOffsets.length - 1;
            int to = (int) piece & size - 1;
            offsets[to] = oldOffsets[from];
            lengths[to] = oldLengths[from];
        }
    }

    private int slot(long send) {
        return (int) send & done.length - 1;
    }

    /**
     * Begins a send, for which there must be {@linkplain #hasRoom room}. Its pieces are then {@linkplain #piece added}.
     *
     * @param binding the binding of the send
     * @param cookie what {@link #oldestCookie} returns for it
     */
    void begin(@Nullable TxBinding binding, long cookie) {
        int slot = slot(next);
        firstPiece[slot] = nextPiece;
        done[slot] = false;
        bindings[slot] = binding;
        cookies[slot] = cookie;
        next++;
    }

    /** Adds a piece to the send that was begun last. */
    void piece(long offset, long length) {
        int slot = (int) nextPiece & offsets.length - 1;
        offsets[slot] = offset;
        lengths[slot] = length;
        nextPiece++;
    }

    /** Returns the number of sends that were begun. */
    long sends() {
        return next;
    }

    /** Returns the number of sends that have completed. */
    long completed() {
        return completed;
    }

    /** Returns the number of completed sends that the kernel copied. */
    long copied() {
        return copied;
    }

    /** Returns the cookie of the oldest send that has not completed; {@code none} if all have. */
    long oldestCookie(long none) {
        return oldest == next ? none : cookies[slot(oldest)];
    }

    /**
     * Returns the number of sends that have not completed, including completed sends behind an older one that has not.
     */
    int outstanding() {
        return (int) (next - oldest);
    }

    /**
     * Completes an inclusive range of the kernel's 32-bit numbers.
     *
     * @param copies whether the kernel copied these sends
     * @return the number of sends in the range
     * @throws IllegalStateException if no such sends are in flight, because something else has read this socket's error
     *     queue
     */
    int complete(int low, int high, boolean copies) {
        long first = oldest + Integer.toUnsignedLong(low - (int) oldest);
        long count = Integer.toUnsignedLong(high - low) + 1;
        if (first + count > next) {
            throw new IllegalStateException("the kernel completed sends " + Integer.toUnsignedString(low) + " to "
                    + Integer.toUnsignedString(high) + ", but " + oldest + " to " + next + " are in flight");
        }
        for (long send = first; send < first + count; send++) {
            done[slot(send)] = true;
        }
        while (oldest < next && done[slot(oldest)]) {
            bindings[slot(oldest)] = null;
            oldest++;
        }
        oldestPiece = oldest < next ? firstPiece[slot(oldest)] : nextPiece;
        completed += count;
        copied += copies ? count : 0;
        return (int) count;
    }

    /**
     * Returns whether a send in flight includes any of these bytes of {@code binding}'s dma-buf.
     *
     * @param length bytes from {@code offset} on; those beyond 2^63 - 1 do not count
     */
    boolean holds(@Nullable TxBinding binding, long offset, long length) {
        if (length == 0) {
            return false;
        }
        long end = offset > Long.MAX_VALUE - length ? Long.MAX_VALUE : offset + length;
        for (long send = oldest; send < next; send++) {
            if (!done[slot(send)] && bindings[slot(send)] == binding && overlaps(send, offset, end)) {
                return true;
            }
        }
        return false;
    }

    private boolean overlaps(long send, long from, long end) {
        long last = send + 1 < next ? firstPiece[slot(send + 1)] : nextPiece;
        for (long piece = firstPiece[slot(send)]; piece < last; piece++) {
            int slot = (int) piece & offsets.length - 1;
            if (offsets[slot] < end && from - offsets[slot] < lengths[slot]) {
                return true;
            }
        }
        return false;
    }
}
