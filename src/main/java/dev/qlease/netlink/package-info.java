/**
 * Netlink: sockets, messages, attributes, extended acks, dumps, notifications, and generic netlink's own family.
 *
 * {@snippet :
 * try (GenericNetlink generic = GenericNetlink.open()) {
 *     System.out.println(generic.family("netdev"));
 * }
 * }
 *
 * <p>A family package describes its attribute sets as tables ({@link dev.qlease.netlink.AttributeSet}); building
 * requests, parsing replies, printing both, and naming the attribute that the kernel objects to all follow from them.
 * The format is that of linux/netlink.h and netlink(7).
 */
@NullMarked
package dev.qlease.netlink;

import org.jspecify.annotations.NullMarked;
