package dev.qlease.lease;

import java.util.ArrayList;
import java.util.List;

/**
 * The record of a setting that leases have changed, written before the change. The leases that need the setting list it
 * in their own records, so that deleting a lease does not have to write here.
 *
 * @param setting the setting
 * @param bootId the id of the boot to which the record belongs
 * @param homeCookie the cookie of the namespace
 * @param nic the device as it was found
 * @param before the value to restore when the last lease is deleted
 * @param set the values that leases have set; any other value was set by another program and is kept
 */
record ChangedSetting(Setting setting, String bootId, long homeCookie, NicId nic, String before, List<String> set) {
    ChangedSetting {
        set = List.copyOf(set);
    }

    /** Returns the key of a setting of a device, which does not depend on the device's name. */
    static String key(Setting setting, long homeCookie, NicId nic) {
        return homeCookie + ":" + nic.key() + ":" + setting.fileName();
    }

    String key() {
        return key(setting, homeCookie, nic);
    }

    /** Returns a copy with one more value that a lease sets. */
    ChangedSetting set(String value) {
        List<String> values = new ArrayList<>(set);
        values.remove(value);
        values.add(value);
        return new ChangedSetting(setting, bootId, homeCookie, nic, before, values);
    }

    /** Returns the name of the setting for messages. */
    String title() {
        return setting.title(nic.name());
    }
}
