/**
 * Ethtool: the capabilities and settings of devices and their drivers. Source: linux/ethtool_netlink.h,
 * linux/ethtool.h, Documentation/networking/ethtool-netlink.rst, Documentation/netlink/specs/ethtool.yaml.
 *
 * {@snippet :
 * try (Ethtool ethtool = Ethtool.open(namespace)) {
 *     System.out.println(ethtool.rings(ifindex));
 * }
 * }
 *
 * <p>Records are named as in that specification. What a driver does not report is empty.
 */
@NullMarked
package dev.qlease.ethtool;

import org.jspecify.annotations.NullMarked;
