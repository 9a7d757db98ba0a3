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
 * A change to a device's {@link Features}; all others are left unchanged. Immutable; each method returns a copy with
 * one more setting.
 *
 * @param on features to switch on, by the kernel's names, such as {@link Features#NTUPLE}
 * @param off features to switch off
 */
public record FeaturesChange(List<String> on, List<String> off) {
    /** Changes nothing. */
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

    /** Switches this feature on. */
    public FeaturesChange on(String name) {
        return new FeaturesChange(added(on, name), off);
    }

    /** Switches this feature off. */
    public FeaturesChange off(String name) {
        return new FeaturesChange(on, added(off, name));
    }

    private static List<String> added(List<String> names, String name) {
        return names.contains(name)
                ? names
                : Stream.concat(names.stream(), Stream.of(name)).toList();
    }

    /** Returns all named features, those to be switched on first. */
    List<String> names() {
        return Stream.concat(on.stream(), off.stream()).toList();
    }

    /** Returns the change that restores the same features: on if they were active, else off. */
    public FeaturesChange undo(Features before) {
        return undo(before.active());
    }

    /** Returns a change of the same features: on if they are in {@code wereOn}, else off. */
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
