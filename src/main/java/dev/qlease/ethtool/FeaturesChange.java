package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.BitSet;
import dev.qlease.ethtool.EthtoolAttributes.BitsSet;
import dev.qlease.ethtool.EthtoolAttributes.BitsetSet;
import dev.qlease.ethtool.EthtoolAttributes.FeaturesSet;
import dev.qlease.netlink.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which of a device's {@link Features} are to be switched; all others stay as they are. Immutable; each method answers a
 * copy with one thing more.
 *
 * @param on features to switch on, by the kernel's names for them, such as {@link Features#NTUPLE}
 * @param off features to switch off
 */
public record FeaturesChange(List<String> on, List<String> off) {
    /** Nothing. */
    public static final FeaturesChange NONE = new FeaturesChange(List.of(), List.of());

    /**
     * Keeps copies of the lists.
     *
     * @throws IllegalArgumentException if a feature is in both
     */
    public FeaturesChange {
        on = List.copyOf(on);
        off = List.copyOf(off);
        for (String name : on) {
            if (off.contains(name)) {
                throw new IllegalArgumentException("feature " + name + " is to be on and off");
            }
        }
    }

    /** This feature is switched on. */
    public FeaturesChange on(String name) {
        return new FeaturesChange(added(on, name), off);
    }

    /** This feature is switched off. */
    public FeaturesChange off(String name) {
        return new FeaturesChange(on, added(off, name));
    }

    private static List<String> added(List<String> names, String name) {
        return names.contains(name)
                ? names
                : Stream.concat(names.stream(), Stream.of(name)).toList();
    }

    /** All that are named, those to be switched on first. */
    List<String> names() {
        return Stream.concat(on.stream(), off.stream()).toList();
    }

    /** What puts back what this changes: the same features, on if they were active and off if not. */
    public FeaturesChange undo(Features before) {
        return undo(before.active());
    }

    /** The same features, on if they are in {@code wereOn}. */
    FeaturesChange undo(List<String> wereOn) {
        List<String> names = new ArrayList<>(names());
        names.retainAll(wereOn);
        return new FeaturesChange(
                names, names().stream().filter(name -> !names.contains(name)).toList());
    }

    Request write(Request request) {
        request.begin(FeaturesSet.WANTED).begin(BitsetSet.BITS);
        for (String name : names()) {
            request.begin(BitsSet.BIT).put(BitSet.NAME, name);
            if (on.contains(name)) {
                request.put(BitSet.VALUE);
            }
            request.end();
        }
        return request.end().end();
    }
}
