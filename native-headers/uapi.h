/*
 * The kernel's headers, as the package dev.qlease.ffi.uapi knows them.
 *
 * <linux/uio.h> and glibc's <sys/socket.h>, which <linux/if.h> draws in, both define struct iovec: the kernel's
 * comes first and glibc's is told that it has been defined. DRM_CLOEXEC and DRM_RDWR borrow from <fcntl.h>.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <linux/uio.h>
#define __iovec_defined 1
#include <fcntl.h>

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/genetlink.h>
#include <linux/netdev.h>

#include <linux/rtnetlink.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/veth.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/sockios.h>

#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <linux/memfd.h>
#include <drm/drm.h>
#include <drm/drm_mode.h>

#include <linux/errqueue.h>
#include <linux/if_ether.h>
#include <linux/bpf.h>
