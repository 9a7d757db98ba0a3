/**
 * Rtnetlink: links, addresses, routes, neighbours and the ids that network namespaces have for each other, for IPv4 and
 * IPv6. Source: linux/rtnetlink.h, linux/if_link.h, Documentation/netlink/specs/rt-*.yaml, rtnetlink(7).
 *
 * {@snippet :
 * try (Rtnetlink rtnetlink = Rtnetlink.open(namespace)) {
 *     System.out.println(rtnetlink.links().get("eth0"));
 * }
 * }
 *
 * <p>Records are named as in those specifications, without the prefixes of fixed headers ({@code ifi-}, {@code ifa-},
 * {@code rtm-}, {@code ndm-}); what is an index of a link is called {@code ifindex} throughout. What a kernel does not
 * report is empty.
 */
@NullMarked
package dev.qlease.rtnetlink;

import org.jspecify.annotations.NullMarked;
