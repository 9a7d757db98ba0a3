package dev.qlease.ops;

import dev.qlease.lease.NicSetting;
import java.util.Map;

/**
 * Settings of a NIC as a file describes them.
 *
 * @param name the key in the file
 * @param nic the NIC
 * @param settings the values of settings
 * @param position where it is described
 */
record WantedNic(String name, NicSelector nic, Map<NicSetting, String> settings, Position position) {}
