package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.BitSet;
import dev.qlease.ethtool.EthtoolAttributes.BitsSet;
import dev.qlease.ethtool.EthtoolAttributes.BitsetSet;
import dev.qlease.ethtool.EthtoolAttributes.FeaturesSet;
import dev.qlease.ethtool.EthtoolAttributes.HeaderSet;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.ArrayList;
import java.util.List;

/**
 * The features of a device, by the kernel's names, such as {@code rx-ntuple-filter}.
 *
 * @param ifindex the device
 * @param hw features that can be switched
 * @param wanted features that are requested to be on
 * @param active features that are on
 * @param nochange features that can never be switched
 * @param unknown attributes that this library has no name for
 */
public record Features(
        int ifindex,
        List<String> hw,
        List<String> wanted,
        List<String> active,
        List<String> nochange,
        List<UnknownAttribute> unknown) {
    /** Steering of individual flows to queues; {@code ethtool -K ... ntuple}. */
    public static final String NTUPLE = "rx-ntuple-filter";

    /** Keeps copies of the lists. */
    public Features {
        hw = List.copyOf(hw);
        wanted = List.copyOf(wanted);
        active = List.copyOf(active);
        nochange = List.copyOf(nochange);
    }

    static Features of(Attributes a) {
        return new Features(
                a.get(FeaturesSet.HEADER).get(HeaderSet.DEV_INDEX),
                names(a, FeaturesSet.HW),
                names(a, FeaturesSet.WANTED),
                names(a, FeaturesSet.ACTIVE),
                names(a, FeaturesSet.NOCHANGE),
                a.unknown());
    }

    /** Returns the features that a reply to a change reports as different from what was requested. */
    static List<String> different(Attributes a) {
        return a.find(FeaturesSet.WANTED, bitset -> names(bitset, false)).orElse(List.of());
    }

    /** Returns the names of the bits that are set: all listed ones or, if there is a mask, those with a value. */
    private static List<String> names(Attributes a, Nest set) {
        return a.find(set, bitset -> names(bitset, !bitset.has(BitsetSet.NOMASK)))
                .orElse(List.of());
    }

    private static List<String> names(Attributes bitset, boolean onlyWithValue) {
        List<String> names = new ArrayList<>();
        if (bitset.has(BitsetSet.BITS)) {
            bitset.get(BitsetSet.BITS).all(BitsSet.BIT, bit -> bit).stream()
                    .filter(bit -> !onlyWithValue || bit.has(BitSet.VALUE))
                    .forEach(bit -> bit.find(BitSet.NAME).ifPresent(names::add));
        }
        return names;
    }
}
