package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.RssSet;
import dev.qlease.netlink.Request;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * A change to an {@link Rss} context, or the settings of a new one. Empty values are left unchanged, or are the
 * driver's default. Immutable; each method returns a copy with one more setting.
 *
 * @param indir the indirection table, which is repeated: its size divides that of the device's table. An empty list is
 *     the kernel's default, all queues in turn; for the main context only
 * @param hfunc the hash function
 * @param hkey the hash key, as long as the device's
 * @param inputXfrm the transformation of the hash input
 */
public record RssChange(
        Optional<List<Integer>> indir,
        Optional<RssHashFunction> hfunc,
        Optional<RssKey> hkey,
        Optional<RssInputTransform> inputXfrm) {
    /** Changes nothing. */
    public static final RssChange NONE =
            new RssChange(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /**
     * Copies the table.
     *
     * @throws IllegalArgumentException if it contains a negative queue
     */
    public RssChange {
        indir = indir.map(List::copyOf);
        indir.ifPresent(table -> table.forEach(queue -> Numbers.checkRange("a queue", queue, 0, Integer.MAX_VALUE)));
    }

    /** Sets the indirection table. */
    public RssChange indir(List<Integer> table) {
        return new RssChange(Optional.of(table), hfunc, hkey, inputXfrm);
    }

    /**
     * Resets the indirection table to the kernel's default, all queues in turn, which follows later changes of the
     * number of channels. For the main context only.
     */
    public RssChange indirDefault() {
        return indir(List.of());
    }

    /** Sets the hash function. */
    public RssChange hfunc(RssHashFunction function) {
        return new RssChange(indir, Optional.of(function), hkey, inputXfrm);
    }

    /** Sets the hash key. */
    public RssChange hkey(RssKey key) {
        return new RssChange(indir, hfunc, Optional.of(key), inputXfrm);
    }

    /** Sets the transformation of the hash input. */
    public RssChange inputXfrm(RssInputTransform transform) {
        return new RssChange(indir, hfunc, hkey, Optional.of(transform));
    }

    /**
     * Returns the change that restores the settings changed by this one. Values that the driver did not report cannot
     * be restored and are empty.
     *
     * <p>A table of the main context that used all queues in turn is reset to the kernel's default, since the kernel
     * does not report whether such a table was set explicitly.
     *
     * @param receiveQueues number of receive queues that the device had before; {@link Channels#receiveQueues()}
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

    /** Returns the table in the kernel's form; empty if it is left unchanged. */
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
