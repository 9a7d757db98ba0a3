package dev.qlease.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The settings of a NIC that a lease needs, with the changes that other leases have already made to them. */
final class NeededSettings {
    private final NicHandle nic;
    private final NicId id;
    private final long homeCookie;
    private final List<ChangedSetting> known;
    private final List<String> keys = new ArrayList<>();

    NeededSettings(NicHandle nic, NicId id, long homeCookie, List<ChangedSetting> known) {
        this.nic = nic;
        this.id = id;
        this.homeCookie = homeCookie;
        this.known = known;
    }

    /** Returns the keys of the settings that were changed, by this lease or an earlier one. */
    List<String> keys() {
        return List.copyOf(keys);
    }

    /** Requires a setting to be {@code wanted}, and to be restored to its current value later. */
    Optional<SettingChange> need(Setting setting, String wanted) {
        String now = setting.read(nic);
        return need(setting, now, now, wanted);
    }

    /**
     * Requires a setting to be {@code wanted}.
     *
     * @param now its current value
     * @param before the value that restores its current state
     * @return the change; empty if the setting already has the value
     */
    Optional<SettingChange> need(Setting setting, String now, String before, String wanted) {
        String key = ChangedSetting.key(setting, homeCookie, id);
        Optional<ChangedSetting> ours = known.stream()
                .filter(changed -> changed.key().equals(key) && changed.set().contains(now))
                .findFirst();
        if (now.equals(wanted)) {
            ours.ifPresent(_ -> keys.add(key));
            return Optional.empty();
        }
        keys.add(key);
        return Optional.of(
                new SettingChange(setting, id, ours.map(ChangedSetting::before).orElse(before), wanted));
    }
}
