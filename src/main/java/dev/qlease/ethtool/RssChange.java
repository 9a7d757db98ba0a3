package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.RssSet;
import dev.qlease.netlink.Request;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * What is to change of an {@link Rss} context, or what a new one is to have; what is empty stays as it is, or is the
 * driver's default. Immutable; each method answers a copy with one thing more.
 *
 * @param indir the indirection table, whose size divides that of the device's: it is repeated. Without any entries it is
 *     the kernel's default, over all queues in turn; for the main context only
 * @param hfunc the hash function
 * @param hkey the hash's key, of the length that the device's has
 * @param inputXfrm what is done to the fields before
 */
public record RssChange(
        Optional<List<Integer>> indir,
        Optional<RssHashFunction> hfunc,
        Optional<RssKey> hkey,
        Optional<RssInputTransform> inputXfrm) {
    /** Nothing. */
    public static final RssChange NONE =
            new RssChange(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /**
     * Keeps a copy of the table.
     *
     * @throws IllegalArgumentException if there is a negative queue in it
     */
    public RssChange {
        indir = indir.map(List::copyOf);
        indir.ifPresent(table -> table.forEach(queue -> Numbers.checkRange("a queue", queue, 0, Integer.MAX_VALUE)));
    }

    /** The indirection table is this. */
    public RssChange indir(List<Integer> table) {
        return new RssChange(Optional.of(table), hfunc, hkey, inputXfrm);
    }

    /**
     * The indirection table is what the kernel makes it, now and when the number of channels changes: all queues in turn.
     * For the main context only.
     */
    public RssChange indirDefault() {
        return indir(List.of());
    }

    /** The hash function is this. */
    public RssChange hfunc(RssHashFunction function) {
        return new RssChange(indir, Optional.of(function), hkey, inputXfrm);
    }

    /** The key is this. */
    public RssChange hkey(RssKey key) {
        return new RssChange(indir, hfunc, Optional.of(key), inputXfrm);
    }

    /** This is done to the fields before they are hashed. */
    public RssChange inputXfrm(RssInputTransform transform) {
        return new RssChange(indir, hfunc, hkey, Optional.of(transform));
    }

    /**
     * What puts back what this changes: the same things, as they were. What the driver did not report cannot be put back
     * and is empty.
     *
     * <p>A table of the main context that was over all queues in turn becomes the kernel's default again: it does not tell
     * whether somebody had set just that.
     *
     * @param receiveQueues how many receive queues the device had then; {@link Channels#receiveQueues()}
     */
    public RssChange undo(Rss before, long receiveQueues) {
        boolean wasDefault = before.context() == 0 && before.spreadsOver(receiveQueues);
        return new RssChange(
                indir.map(_ -> wasDefault ? List.of() : before.indir()),
                hfunc.isPresent() ? before.hfunc() : hfunc,
                hkey.isPresent() ? before.hkey() : hkey,
                inputXfrm.map(_ -> before.inputXfrm().orElse(RssInputTransform.NONE)));
    }

    boolean isEmpty() {
        return indir.isEmpty() && hfunc.isEmpty() && hkey.isEmpty() && inputXfrm.isEmpty();
    }

    /** The table as the kernel takes it; empty if it stays. */
    Optional<int[]> table() {
        if (indir.isEmpty()) {
            return Optional.empty();
        }
        int[] table = new int[indir.get().size()];
        for (int i = 0; i < table.length; i++) {
            table[i] = indir.get().get(i);
        }
        return Optional.of(table);
    }

    Request write(Request request) {
        Optional<int[]> table = table();
        if (table.isPresent()) {
            request.put(RssSet.INDIR, MemorySegment.ofArray(table.get()));
        }
        if (hfunc.isPresent()) {
            request.put(RssSet.HFUNC, hfunc.get().value());
        }
        if (hkey.isPresent()) {
            request.put(RssSet.HKEY, hkey.get().bytes());
        }
        if (inputXfrm.isPresent()) {
            request.put(RssSet.INPUT_XFRM, inputXfrm.get().value());
        }
        return request;
    }
}
