/* SPDX-License-Identifier: GPL-2.0 */
/* The driver of the emulated NIC qnic; the device itself is in hw.h. */
#ifndef QNIC_H
#define QNIC_H

#include <linux/dma-mapping.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <net/netdev_queues.h>
#include <net/netmem.h>
#include <net/page_pool/types.h>

#include "compat.h"
#include "hw.h"

#define QNIC_NAME		"qnic"
#define QNIC_MAX_PAIRS		8
#define QNIC_RING_MIN		64
#define QNIC_RING_MAX		4096
#define QNIC_RX_RING		512
#define QNIC_TX_RING		1024
#define QNIC_BUF_MAX		SZ_64K
#define QNIC_HDS_MAX		1024
#define QNIC_MTU_MAX		9000

struct qnic_port;

/* ---- receive ------------------------------------------------------------- */

/* Buffers posted to the device, up to head; reclaimed up to tail. */
struct qnic_rx_ring {
	struct qnic_rx_desc *desc;
	netmem_ref	*buf;
	u32		head;
	u32		tail;
};

struct qnic_rxmem {
	struct page_pool *pp;		/* payload, maybe a bound dma-buf */
	struct page_pool *aux;		/* plain pages, only if pp is unreadable */
	struct qnic_rx_ring data;
	struct qnic_rx_ring spare;
	struct qnic_cqe	*cq;
	u8		*slots;
	u32		cq_tail;
	bool		unreadable;
	struct qnic_hw_rxctx ctx;	/* valid while the queue is stopped */
};

enum qnic_rx_stat {
	QNIC_RX_PACKETS, QNIC_RX_BYTES,		/* as on the wire */
	QNIC_RX_ALLOC_FAIL,
	QNIC_RX_CSUM_UNNECESSARY, QNIC_RX_CSUM_NONE, QNIC_RX_CSUM_WRONG,
	QNIC_RX_GRO_PACKETS, QNIC_RX_GRO_BYTES,
	QNIC_RX_GRO_WIRE_PACKETS, QNIC_RX_GRO_WIRE_BYTES,
	QNIC_RX_SPLITS, QNIC_RX_UNREAD_FRAGS, QNIC_RX_UNREAD_BYTES,
	QNIC_RX_STATS,
};

struct qnic_rxq {
	struct napi_struct napi;
	struct qnic_port *port;
	struct qnic_hw_rxq *hw;
	struct qnic_rxmem mem;
	struct u64_stats_sync sync;	/* written by NAPI */
	u64_stats_t	stat[QNIC_RX_STATS];
} ____cacheline_aligned_in_smp;

/* ---- transmit ------------------------------------------------------------ */

struct qnic_tx_buf {
	struct sk_buff	*skb;		/* at a frame's last descriptor */
	dma_addr_t	addr;
	u32		len;
	bool		head;		/* mapped by dma_map_single */
	bool		mapped;		/* false: a net_iov, mapped by its binding */
};

enum qnic_tx_stat {
	QNIC_TX_PACKETS, QNIC_TX_BYTES,		/* as on the wire */
	QNIC_TX_CSUM_NONE, QNIC_TX_NEEDS_CSUM,
	QNIC_TX_GSO_PACKETS, QNIC_TX_GSO_BYTES,
	QNIC_TX_GSO_WIRE_PACKETS, QNIC_TX_GSO_WIRE_BYTES,
	QNIC_TX_UNREAD_FRAGS, QNIC_TX_UNREAD_BYTES,
	QNIC_TX_WAKE,
	QNIC_TX_STATS,
};

enum qnic_xmit_stat { QNIC_XMIT_DROPPED, QNIC_XMIT_STOP, QNIC_XMIT_STATS };

struct qnic_txq {
	struct qnic_port *port;
	struct qnic_tx_desc *desc;
	dma_addr_t	desc_dma;
	u32		*done;		/* the device writes the completed index here */
	dma_addr_t	done_dma;
	struct qnic_tx_buf *buf;
	u32		size;		/* power of two */
	u32		head;		/* xmit */
	u32		tail;		/* NAPI */
	struct u64_stats_sync sync;	/* written by NAPI */
	u64_stats_t	stat[QNIC_TX_STATS];
	struct u64_stats_sync xmit_sync;	/* written with the queue's lock */
	u64_stats_t	xmit_stat[QNIC_XMIT_STATS];
} ____cacheline_aligned_in_smp;

/* ---- a port -------------------------------------------------------------- */

struct qnic_port {
	struct net_device *dev;
	struct device	*dma_dev;
	struct qnic_port *peer;		/* protected by RTNL */
	struct qnic_rxq	*rxq;
	struct qnic_txq	*txq;
	u32		rx_size;
	u32		tx_size;
	u32		hds_thresh;
	bool		hds;
	bool		up;		/* the queues are started */
	bool		link_down;	/* set by debugfs */
	u64		link_downs;
	u64		tx_timeouts;
	struct delayed_work link_up;
	struct dentry	*dir;
	struct qnic_hw	hw;
};

/* link.c */
void qnic_carrier(struct qnic_port *p);
void qnic_link_init(struct qnic_port *p);
void qnic_link_join(struct qnic_port *a, struct qnic_port *b, bool join);
void qnic_link_lose(struct qnic_port *p, unsigned long ms);
void qnic_link_exit(struct qnic_port *p);

/* receive.c */
int qnic_rxmem_alloc(struct qnic_port *p, struct qnic_rxmem *mem, int idx,
		     u32 buf_size);
void qnic_rxmem_free(struct qnic_port *p, struct qnic_rxmem *mem);
int qnic_poll(struct napi_struct *napi, int budget);

/* transmit.c */
int qnic_txq_start(struct qnic_txq *q, u32 size);
void qnic_txq_free(struct qnic_txq *q);
void qnic_tx_clean(struct qnic_txq *q, int budget);
netdev_tx_t qnic_xmit(struct sk_buff *skb, struct net_device *dev);

/* queues.c */
extern const struct netdev_queue_mgmt_ops qnic_queue_ops;
int qnic_up(struct net_device *dev);
void qnic_down(struct net_device *dev);

/* stats.c */
extern const struct netdev_stat_ops qnic_stat_ops;
void qnic_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *st);
int qnic_get_sset_count(struct net_device *dev, int sset);
void qnic_get_strings(struct net_device *dev, u32 sset, u8 *data);
void qnic_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *st,
			    u64 *v);

/* rss.c, rules.c */
u32 qnic_get_key_size(struct net_device *dev);
u32 qnic_get_indir_size(struct net_device *dev);
int qnic_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *r);
int qnic_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *r,
		  struct netlink_ext_ack *extack);
int qnic_create_context(struct net_device *dev, struct ethtool_rxfh_context *ctx,
			const struct ethtool_rxfh_param *r,
			struct netlink_ext_ack *extack);
int qnic_modify_context(struct net_device *dev, struct ethtool_rxfh_context *ctx,
			const struct ethtool_rxfh_param *r,
			struct netlink_ext_ack *extack);
int qnic_remove_context(struct net_device *dev, struct ethtool_rxfh_context *ctx,
			u32 id, struct netlink_ext_ack *extack);
int qnic_get_rxfh_fields(struct net_device *dev, struct ethtool_rxfh_fields *f);
int qnic_set_rxfh_fields(struct net_device *dev,
			 const struct ethtool_rxfh_fields *f,
			 struct netlink_ext_ack *extack);
int qnic_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *c, u32 *locs);
int qnic_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *c);
bool qnic_rules_fit(struct qnic_port *p, u32 queues);
bool qnic_rules_fit_table(struct qnic_port *p, u32 context, const u32 *indir);

/* ethtool.c */
extern const struct ethtool_ops qnic_ethtool_ops;
extern const struct ethtool_ops qnic_ethtool_ops_no_rss;

/* debugfs.c */
void qnic_debugfs_init(void);
void qnic_debugfs_exit(void);
void qnic_debugfs_add(struct qnic_port *p);
void qnic_debugfs_remove(struct qnic_port *p);

#endif
