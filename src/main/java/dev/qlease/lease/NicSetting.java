package dev.qlease.lease;

import dev.qlease.ethtool.TcpDataSplit;
import java.util.Map;

/** A setting of a NIC that can be prepared before queues are leased. */
public enum NicSetting {
    /** The number of combined channels. */
    COMBINED("combined", Setting.COMBINED_CHANNELS),
    /** The number of descriptors in each receive ring. */
    RX_RING("rx-ring", Setting.RX_RING),
    /** Whether headers are split from payload: {@code on}, {@code off} or {@code auto}, the driver's choice. */
    TCP_DATA_SPLIT("tcp-data-split", Setting.TCP_DATA_SPLIT),
    /** The size in bytes up to which packets are not split. */
    HDS_THRESH("hds-thresh", Setting.HDS_THRESH);

    private static final Map<String, Integer> SPLITS = Map.of(
            "auto", TcpDataSplit.UNKNOWN.value(),
            "off", TcpDataSplit.DISABLED.value(),
            "on", TcpDataSplit.ENABLED.value());

    private final String text;
    private final Setting setting;

    NicSetting(String text, Setting setting) {
        this.text = text;
        this.setting = setting;
    }

    /** Returns the name, as ethtool has it. */
    public String text() {
        return text;
    }

    Setting setting() {
        return setting;
    }

    /** Returns the current value; empty if the driver does not have the setting. */
    String read(NicHandle nic) {
        String value = NicHandle.asked(() -> setting.read(nic)).orElse("");
        return this != TCP_DATA_SPLIT
                ? value
                : SPLITS.entrySet().stream()
                        .filter(split -> split.getValue().toString().equals(value))
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElse("");
    }

    /** Returns the value as it is written. */
    String raw(String value) {
        return this == TCP_DATA_SPLIT ? String.valueOf(SPLITS.getOrDefault(value, 0)) : value;
    }
}
