/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between the supported kernels.  The Makefile inspects
 * their headers and defines QNIC_HAVE_*; no kernel version is tested here, and
 * QNIC_HAVE_* is tested nowhere else.
 */
#ifndef QNIC_COMPAT_H
#define QNIC_COMPAT_H

#include <linux/dma-mapping.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>
#include <net/netdev_queues.h>

#ifdef QNIC_HAVE_WQ_BH_PERCPU
#define QNIC_WQ_BH	(WQ_BH | WQ_PERCPU)
#else
#define QNIC_WQ_BH	WQ_BH	/* of each CPU by default; 6.17 refuses WQ_PERCPU */
#endif

#ifndef DMA_ATTR_MMIO
#define DMA_ATTR_MMIO	0	/* such mappings had a separate operation */
#endif

/* The DMA operations that map memory by its address, or by its page. */
#ifdef QNIC_HAVE_MAP_PHYS
#define QNIC_MAP_OPS(map, unmap)					\
	.map_phys = map,						\
	.unmap_phys = unmap,
#else
dma_addr_t qnic_bus_map(struct device *dev, phys_addr_t phys, size_t size,
			enum dma_data_direction dir, unsigned long attrs);

static inline dma_addr_t qnic_bus_map_page(struct device *dev, struct page *page,
					   unsigned long off, size_t size,
					   enum dma_data_direction dir,
					   unsigned long attrs)
{
	return qnic_bus_map(dev, page_to_phys(page) + off, size, dir, attrs);
}

#define QNIC_MAP_OPS(map, unmap)					\
	.map_page = map ## _page,					\
	.unmap_page = unmap,
#endif

#ifdef QNIC_HAVE_NETMEM_TX_MODE
#define QNIC_NETMEM_TX	NETMEM_TX_DMA
#else
#define QNIC_NETMEM_TX	true
#endif

/* Older kernels do not pass a queue's configuration to the queue operations. */
#ifdef QNIC_HAVE_QCFG
#define QNIC_QUEUE_WRAPPERS(alloc, start)
#define QNIC_QUEUE_WRAPPER(op)	op
#define QNIC_QCFG_OPS(default, validate)				\
	.ndo_default_qcfg = default,					\
	.ndo_validate_qcfg = validate,
#else
struct netdev_queue_config {
	u32	rx_page_size;
};

static inline void netdev_queue_config(struct net_device *dev, int idx,
				       struct netdev_queue_config *cfg)
{
	cfg->rx_page_size = PAGE_SIZE;
}

#define QNIC_QUEUE_WRAPPERS(alloc, start)				\
static int alloc ## _old(struct net_device *dev, void *mem, int idx)	\
{									\
	struct netdev_queue_config cfg = { .rx_page_size = PAGE_SIZE };	\
									\
	return alloc(dev, &cfg, mem, idx);				\
}									\
									\
static int start ## _old(struct net_device *dev, void *mem, int idx)	\
{									\
	return start(dev, NULL, mem, idx);				\
}

#define QNIC_QUEUE_WRAPPER(op)	op ## _old
#define QNIC_QCFG_OPS(default, validate)
#endif

#ifdef QNIC_HAVE_RX_PAGE_SIZE
#define QNIC_QCFG_PARAMS	.supported_params = QCFG_RX_PAGE_SIZE,
#else
#define QNIC_QCFG_PARAMS
#endif

#ifdef QNIC_HAVE_OP_NEEDS_RTNL
#define QNIC_OP_NEEDS_RTNL	.op_needs_rtnl = ETHTOOL_OP_NEEDS_RTNL_SCHANNELS,
#else
#define QNIC_OP_NEEDS_RTNL
#endif

/* Older kernels query the number of rings through get_rxnfc() only. */
#ifdef QNIC_HAVE_RX_RING_COUNT
#define QNIC_RX_RING_COUNT(get)	.get_rx_ring_count = get,
#else
#define QNIC_RX_RING_COUNT(get)
#endif

#ifdef QNIC_HAVE_RXFH_FIELDS
#define QNIC_RXFH_FIELDS(get, set)					\
	.rxfh_per_ctx_fields = true,					\
	.get_rxfh_fields = get,						\
	.set_rxfh_fields = set,
#else
struct ethtool_rxfh_fields {
	u32	data;
	u32	flow_type;
	u32	rss_context;
};

#define QNIC_RXFH_FIELDS(get, set)
#endif

#endif
