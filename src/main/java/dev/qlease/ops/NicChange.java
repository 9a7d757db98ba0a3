package dev.qlease.ops;

import dev.qlease.lease.NicSetting;

/**
 * A change of a setting of a NIC.
 *
 * @param nic the NIC
 * @param setting the setting
 * @param found the present value, which undoing restores
 * @param wanted the wanted value
 */
record NicChange(NicIdentity nic, NicSetting setting, String found, String wanted) {
    Difference difference() {
        return new Difference(setting.text(), found, wanted);
    }
}
