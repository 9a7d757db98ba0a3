package dev.qlease.lease;

import dev.qlease.net.NamespaceSockets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A change of a setting that a lease needs.
 *
 * @param setting the setting
 * @param nic the NIC as it was when planning
 * @param before the value to restore later
 * @param wanted the new value
 */
record SettingChange(Setting setting, NicId nic, String before, String wanted) {
    /** Applies changes to one NIC. */
    static void make(List<SettingChange> changes, NamespaceSockets home) {
        Map<Setting, String> values = new EnumMap<>(Setting.class);
        changes.forEach(change -> values.put(change.setting(), change.wanted()));
        int ifindex = changes.getFirst().nic().ifindex();
        Setting.write(new NicHandle(home, home.rtnetlink().links().get(ifindex)), values);
    }
}
