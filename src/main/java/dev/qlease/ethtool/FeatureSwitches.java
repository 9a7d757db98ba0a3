package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.FeaturesSet;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import dev.qlease.linux.LinuxException;
import dev.qlease.linux.UnsupportedException;
import dev.qlease.netlink.Operation;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Switches either all requested features of a device, or none. */
final class FeatureSwitches {
    private static final Operation SET =
            DeviceRequests.operation(Uapi.ETHTOOL_MSG_FEATURES_SET(), "features-set", FeaturesSet.SET);
    private static final int SUGGESTIONS = 3;

    private final DeviceRequests requests;
    private final StringSets strings;

    FeatureSwitches(DeviceRequests requests, StringSets strings) {
        this.requests = requests;
        this.strings = strings;
    }

    Features get(int ifindex) {
        return requests.get(DeviceRequests.FEATURES_GET, FeaturesSet.HEADER, ifindex, Features::of);
    }

    Features set(int ifindex, FeaturesChange change) {
        Features before = get(ifindex);
        if (change.names().isEmpty()) {
            return before;
        }
        List<String> refused;
        try {
            refused = send(ifindex, change);
        } catch (LinuxException e) {
            checkNames(change);
            throw e;
        }
        if (!refused.isEmpty()) {
            send(ifindex, change.undo(before.wanted()));
            throw refused(ifindex, change, before, refused);
        }
        return before;
    }

    /** Sends the change and returns the features whose state is not the requested one. */
    private List<String> send(int ifindex, FeaturesChange change) {
        return change.write(requests.begin(SET, FeaturesSet.HEADER, ifindex))
                .get(DeviceRequests.reply(SET, Features::different));
    }

    private static LinuxException refused(int ifindex, FeaturesChange change, Features before, List<String> refused) {
        String operation = SET + " device " + ifindex;
        List<String> fixed =
                refused.stream().filter(name -> !before.hw().contains(name)).toList();
        if (!fixed.isEmpty()) {
            return new UnsupportedException(new LinuxException(
                    operation,
                    Errno.EOPNOTSUPP.number(),
                    "the device cannot switch " + states(change, fixed) + "; nothing was changed"));
        }
        return new LinuxException(
                operation,
                Errno.EINVAL.number(),
                "the driver or another feature does not permit " + states(change, refused) + "; nothing was changed");
    }

    private static String states(FeaturesChange change, List<String> names) {
        return names.stream()
                .map(name -> name + (change.on().contains(name) ? " on" : " off"))
                .collect(Collectors.joining(", "));
    }

    private void checkNames(FeaturesChange change) {
        Collection<String> known = strings.names(Uapi.ETH_SS_FEATURES()).values();
        for (String name : change.names()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException("this kernel has no feature " + name + "; similar names: "
                        + String.join(", ", near(name, known)));
            }
        }
    }

    /**
     * Returns the few names of {@code known} that are most similar to {@code name}, preferring those that contain it.
     */
    static List<String> near(String name, Collection<String> known) {
        return known.stream()
                .filter(candidate -> !candidate.isEmpty())
                .sorted(Comparator.comparingInt(
                        candidate -> candidate.contains(name) && !name.isEmpty() ? 0 : distance(name, candidate)))
                .limit(SUGGESTIONS)
                .toList();
    }

    /** Returns the edit distance of {@code a} and {@code b}: letters inserted, deleted or replaced. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
