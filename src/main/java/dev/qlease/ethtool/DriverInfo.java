package dev.qlease.ethtool;

/**
 * A device's driver; struct ethtool_drvinfo.
 *
 * @param driver the driver's name
 * @param version its version, usually the kernel's
 * @param fwVersion the version of the device's firmware; empty if there is none
 * @param busInfo the device's bus address, such as {@code 0000:01:00.0}; empty for virtual devices
 */
public record DriverInfo(String driver, String version, String fwVersion, String busInfo) {}
