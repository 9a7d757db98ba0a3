/**
 * Ethtool: what a device's driver can do and how it is set. Source: linux/ethtool_netlink.h, linux/ethtool.h,
 * Documentation/networking/ethtool-netlink.rst, Documentation/netlink/specs/ethtool.yaml.
 *
 * <p>Records are named as in that specification. What a driver does not report is empty.
 */
@NullMarked
package dev.qlease.ethtool;

import org.jspecify.annotations.NullMarked;
