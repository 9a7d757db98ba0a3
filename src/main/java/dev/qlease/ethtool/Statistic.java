package dev.qlease.ethtool;

/**
 * A counter of a device.
 *
 * @param name its name
 * @param value its value, unsigned
 */
public record Statistic(String name, long value) {
    @Override
    public String toString() {
        return name + ": " + Long.toUnsignedString(value);
    }
}
