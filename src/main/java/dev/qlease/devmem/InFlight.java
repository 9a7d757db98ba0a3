package dev.qlease.devmem;

/**
 * The sends of one socket that have not completed: what each holds of the dma-buf, and which are done. A ring that
 * allocates nothing after its construction. Guarded by its socket's lock.
 *
 * <p>The kernel numbers sends from 0 and lets the number wrap at 2^32; here they are counted in 64 bits. Completions come
 * as ranges, in any order.
 */
final class InFlight {
    private final int mask;
    private final int pieceMask;

    /** By send: where its pieces begin, counted in 64 bits. */
    private final long[] firstPiece;

    private final boolean[] done;

    /** By piece: where and how long. */
    private final long[] offsets;

    private final long[] lengths;

    private long oldest;
    private long next;
    private long oldestPiece;
    private long nextPiece;

    /** Room for {@code sends} sends of altogether {@code pieces} pieces; powers of two. */
    InFlight(int sends, int pieces) {
        this(sends, pieces, 0);
    }

    /** As if {@code already} sends had been made and completed before. */
    InFlight(int sends, int pieces, long already) {
        oldest = already;
        next = already;
        mask = sends - 1;
        pieceMask = pieces - 1;
        firstPiece = new long[sends];
        done = new boolean[sends];
        offsets = new long[pieces];
        lengths = new long[pieces];
    }

    /** Whether there is room for one more send of {@code pieces} pieces. */
    boolean hasRoom(int pieces) {
        return next - oldest <= mask && nextPiece - oldestPiece + pieces <= pieceMask + 1;
    }

    /** Begins a send, whose pieces are then {@link #piece added}; its number is {@link #sends()} before. */
    void begin() {
        firstPiece[(int) next & mask] = nextPiece;
        done[(int) next & mask] = false;
        next++;
    }

    /** Adds a piece to the send begun last. */
    void piece(long offset, long length) {
        offsets[(int) nextPiece & pieceMask] = offset;
        lengths[(int) nextPiece & pieceMask] = length;
        nextPiece++;
    }

    /** How many sends have been begun. */
    long sends() {
        return next;
    }

    /** The number of the oldest send that has not completed, counted from 0; that of the next, if all have. */
    long oldest() {
        return oldest;
    }

    /** How many sends have not completed, of which completed ones behind an older one that has not still count. */
    int outstanding() {
        return (int) (next - oldest);
    }

    /**
     * Takes the kernel's inclusive range of 32-bit numbers; answers how many sends it completes.
     *
     * @throws IllegalStateException if there are no such sends: somebody else reads this socket's error queue
     */
    int complete(int low, int high) {
        long first = oldest + Integer.toUnsignedLong(low - (int) oldest);
        long count = Integer.toUnsignedLong(high - low) + 1;
        if (first + count > next) {
            throw new IllegalStateException("the kernel completed sends " + Integer.toUnsignedString(low) + " to "
                    + Integer.toUnsignedString(high) + ", of which " + oldest + " to " + next + " are under way");
        }
        for (long send = first; send < first + count; send++) {
            done[(int) send & mask] = true;
        }
        while (oldest < next && done[(int) oldest & mask]) {
            oldest++;
        }
        oldestPiece = oldest < next ? firstPiece[(int) oldest & mask] : nextPiece;
        return (int) count;
    }

    /** Whether a send that has not completed holds any of these bytes. */
    boolean holds(long offset, long length) {
        for (long send = oldest; send < next; send++) {
            if (holds(send, offset, length)) {
                return true;
            }
        }
        return false;
    }

    /** Whether send {@code send}, from the oldest on, has not completed and holds any of these bytes. */
    boolean holds(long send, long offset, long length) {
        if (done[(int) send & mask]) {
            return false;
        }
        long end = send + 1 < next ? firstPiece[(int) (send + 1) & mask] : nextPiece;
        for (long piece = firstPiece[(int) send & mask]; piece < end; piece++) {
            long start = offsets[(int) piece & pieceMask];
            if (start < offset + length && offset < start + lengths[(int) piece & pieceMask]) {
                return true;
            }
        }
        return false;
    }
}
