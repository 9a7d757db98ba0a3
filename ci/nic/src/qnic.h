/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qnic - an emulated Ethernet NIC that can do device-memory TCP.
 *
 * The "hardware" (bus, wire, frame, place, steering) reaches packet memory only
 * by bus address.  The "driver" (transmit, receive, queues, ethtool, ...) talks
 * to it through descriptor rings, doorbells and NAPI, like that of a real NIC.
 */
#ifndef QNIC_H
#define QNIC_H

#include <linux/dma-mapping.h>
#include <linux/ethtool.h>
#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>
#include <net/netdev_queues.h>
#include <net/netmem.h>
#include <net/page_pool/types.h>

#include "bus.h"
#include "compat.h"

#define QNIC_NAME		"qnic"
#define QNIC_MAX_QUEUES		128
#define QNIC_MAX_PAIRS		8
#define QNIC_RING_MIN		64
#define QNIC_RING_MAX		4096
#define QNIC_RX_RING		512
#define QNIC_TX_RING		1024
#define QNIC_SLOT		256	/* header slot of one completion */
#define QNIC_BUF_MAX		SZ_64K
#define QNIC_HDS_MAX		1024
#define QNIC_MTU_MAX		9000
#define QNIC_INDIR		(4 * QNIC_MAX_QUEUES)
#define QNIC_KEY		40
#define QNIC_RULES		64
#define QNIC_CONTEXTS		33	/* context 0 is the main one */

struct qnic_port;

/* ---- what hardware and driver both know: rings in coherent memory -------- */

#define QNIC_TX_EOP		BIT(0)
#define QNIC_TX_CSUM		BIT(1)
#define QNIC_TX_TSO		BIT(2)

struct qnic_tx_desc {
	u64	addr;
	u32	len;
	u16	flags;		/* these and the rest: in a frame's first */
	u16	csum_start;
	u16	csum_off;
	u16	mss;
	u32	reserved;
};

struct qnic_rx_desc {
	u64	addr;
	u32	len;
	u32	reserved;
};

#define QNIC_RX_CSUM_OK		BIT(0)
#define QNIC_RX_CSUM_BAD	BIT(1)
#define QNIC_RX_GRO		BIT(2)	/* several wire frames, checksum partial */
#define QNIC_RX_HASH_L4		BIT(3)
#define QNIC_RX_SPARE		BIT(4)	/* payload is in the spare ring's buffers */
#define QNIC_RX_SPLIT		BIT(5)
#define QNIC_RX_CWR		BIT(6)
#define QNIC_RX_IPV6		BIT(7)

struct qnic_cqe {
	u32	len;
	u32	hash;
	u32	segs;		/* wire frames in this one */
	u16	hdr_len;	/* bytes in the header slot */
	u16	nbufs;		/* buffers taken, in the order posted */
	u16	flags;
	u16	mss;
	u16	csum_start;
	u16	csum_off;
};

/* ---- receive ------------------------------------------------------------- */

/* Buffers posted to the hardware: head is the driver's doorbell, used counts
 * what the hardware filled, tail what NAPI took back.
 */
struct qnic_rx_ring {
	struct qnic_rx_desc *desc;
	dma_addr_t	desc_dma;
	netmem_ref	*buf;
	u32		head;
	u32		used;
	u32		tail;
};

struct qnic_rxmem {
	struct page_pool *pp;		/* payload, maybe a bound dma-buf */
	struct page_pool *aux;		/* plain pages, only if pp is unreadable */
	struct qnic_rx_ring data;
	struct qnic_rx_ring spare;
	struct qnic_cqe	*cq;
	dma_addr_t	cq_dma;
	u8		*slots;
	dma_addr_t	slots_dma;
	u32		size;		/* entries of each ring, power of two */
	u32		cq_head;	/* hardware */
	u32		cq_tail;	/* NAPI */
	u32		buf_size;
	u32		hds_thresh;
	bool		hds;
	bool		unreadable;
};

struct qnic_rx_stats {
	u64	packets;	/* as on the wire */
	u64	bytes;
	u64	alloc_fail;
	u64	csum_unnecessary;
	u64	csum_none;
	u64	csum_bad;
	u64	gro_packets;
	u64	gro_bytes;
	u64	gro_wire_packets;
	u64	gro_wire_bytes;
	u64	split;
	u64	unread_frags;
	u64	unread_bytes;
	u64	no_buf;		/* written by the hardware, below lock */
	u64	errors;		/* the same: frames lost to refused accesses */
};

struct qnic_rxq {
	struct napi_struct napi;
	struct qnic_port *port;
	spinlock_t	lock;		/* the hardware's side of mem, and active */
	bool		active;
	struct qnic_rxmem mem;
	struct qnic_rx_stats stats;
} ____cacheline_aligned_in_smp;

/* ---- transmit ------------------------------------------------------------ */

struct qnic_tx_buf {
	struct sk_buff	*skb;		/* at a frame's last descriptor */
	dma_addr_t	addr;
	u32		len;
	bool		head;		/* mapped by dma_map_single */
	bool		mapped;		/* false: a net_iov, mapped by its binding */
};

struct qnic_tx_stats {
	u64	packets;	/* as on the wire */
	u64	bytes;
	u64	csum_none;
	u64	needs_csum;
	u64	gso_packets;
	u64	gso_bytes;
	u64	gso_wire_packets;
	u64	gso_wire_bytes;
	u64	unread_frags;
	u64	unread_bytes;
	u64	dropped;	/* by the driver */
	u64	hw_drops;	/* written by the hardware: link or peer down */
	u64	hw_errors;	/* the same: refused accesses, bad descriptors */
	u64	stop;
	u64	wake;
};

/* What the hardware keeps for a transmit queue. */
struct qnic_txhw {
	struct work_struct work;
	struct hrtimer	timer;
	bool		running;
	u32		doorbell;	/* written by the driver */
	u32		seen;		/* stamped up to here */
	u32		fetch;		/* sent up to here */
	u32		done;		/* completed up to here */
	bool		held;		/* the next frame waits to be overtaken */
	u64		held_until;
	u64		*when;		/* by a frame's last descriptor, ns */
};

struct qnic_txq {
	struct qnic_port *port;
	struct napi_struct *napi;
	struct qnic_tx_desc *desc;
	dma_addr_t	desc_dma;
	u32		*done;		/* the hardware writes its index here */
	dma_addr_t	done_dma;
	struct qnic_tx_buf *buf;
	u32		size;		/* power of two */
	u32		head;		/* xmit */
	u32		tail;		/* NAPI */
	struct qnic_txhw hw;
	struct qnic_tx_stats stats;
} ____cacheline_aligned_in_smp;

/* ---- steering ------------------------------------------------------------ */

enum qnic_flow {
	QNIC_FLOW_TCP4, QNIC_FLOW_UDP4, QNIC_FLOW_TCP6, QNIC_FLOW_UDP6,
	QNIC_FLOW_IP4, QNIC_FLOW_IP6, QNIC_FLOWS,
};

struct qnic_rss {
	u32	indir[QNIC_INDIR];
	u8	key[QNIC_KEY];
	u8	xfrm;
	u32	fields[QNIC_FLOWS];
};

struct qnic_rule {
	bool	used;
	u32	context;
	struct ethtool_rx_flow_spec fs;
};

struct qnic_steering {
	spinlock_t	lock;		/* all of this */
	struct qnic_rss	rss[QNIC_CONTEXTS];
	struct qnic_rule rule[QNIC_RULES];
	u64		rule_drops;
};

/* ---- faults on command --------------------------------------------------- */

enum qnic_fault {
	QNIC_DROP, QNIC_CORRUPT, QNIC_DUPLICATE, QNIC_REORDER, QNIC_FAIL_ALLOC,
	QNIC_FAULTS,
};

struct qnic_faults {
	u32		every[QNIC_FAULTS];	/* 0: never */
	atomic_t	seen[QNIC_FAULTS];
	atomic64_t	hits[QNIC_FAULTS];
	atomic_t	refuse_restart;		/* so many more */
	atomic64_t	restarts_refused;
	bool		stop_completing;
	u32		complete_delay_us;
	bool		link_down;
	u64		link_downs;
	struct delayed_work link_up;
	struct dentry	*dir;
};

/* ---- a port -------------------------------------------------------------- */

struct qnic_port {
	struct net_device *dev;
	struct device	*dma_dev;
	struct qnic_bus	*bus;
	struct qnic_port __rcu *peer;
	struct qnic_rxq	*rxq;
	struct qnic_txq	*txq;
	u32		rx_size;
	u32		tx_size;
	u32		hds_thresh;
	bool		hds;
	u32		tx_delay_us;	/* from doorbell to the reading of a frame */
	u32		rate_mbps;	/* 0: as fast as it goes */
	spinlock_t	rate_lock;	/* wire_free */
	u64		wire_free;	/* ns */
	u64		tx_timeouts;
	bool		up;		/* the queues are started */
	struct qnic_steering steering;
	struct qnic_faults faults;
};

/* frame.c */
struct qnic_seg {
	dma_addr_t	addr;
	u32		len;
};

struct qnic_frame {
	struct qnic_bus	*bus;
	struct qnic_seg	seg[MAX_SKB_FRAGS + 1];
	unsigned int	nseg;
	u32		len;
};

/* What the parser found in the first bytes of a frame. */
struct qnic_meta {
	u16	l3;
	u16	l4;		/* 0: no transport header found */
	u16	pay;		/* first byte past the parsed headers */
	u8	ver;		/* 4, 6 or 0 */
	u8	proto;
	u32	hash;
	bool	hash_l4;
};

bool qnic_frame_read(const struct qnic_frame *f, u32 off, void *dst, u32 len);
bool qnic_frame_copy(const struct qnic_frame *f, u32 off, struct qnic_bus *bus,
		     dma_addr_t addr, u32 len);
bool qnic_frame_sum(const struct qnic_frame *f, u32 off, u32 len, __wsum *sum);
void qnic_parse(const u8 *h, u32 len, struct qnic_meta *m);
bool qnic_frame_send(struct qnic_port *to, const struct qnic_frame *f,
		     const struct qnic_tx_desc *d, bool corrupt);

/* place.c */
struct qnic_piece {
	u8		*h;		/* headers, maybe rewritten */
	u32		hlen;
	u32		off;		/* payload in the frame */
	u32		len;
	bool		corrupt;
	struct qnic_cqe	cqe;
};

void qnic_place(struct qnic_port *to, const struct qnic_frame *f,
		const struct qnic_meta *m, const struct qnic_piece *piece);

/* wire.c */
int qnic_wire_init(void);
void qnic_wire_exit(void);
void qnic_txhw_init(struct qnic_txq *q);
void qnic_txhw_start(struct qnic_txq *q);
void qnic_txhw_stop(struct qnic_txq *q);
void qnic_doorbell(struct qnic_txq *q, u32 head);
void qnic_txhw_kick(struct qnic_port *p);

/* steering.c */
void qnic_steering_init(struct qnic_port *p);
void qnic_rss_default(struct qnic_rss *r, unsigned int queues);
int qnic_steer(struct qnic_port *p, const u8 *h, struct qnic_meta *m);

/* rss.c, rules.c: what ethtool sets of it */
extern const u32 qnic_rxfh_fields_default[QNIC_FLOWS];
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
#ifdef QNIC_HAVE_RXFH_FIELDS
int qnic_get_rxfh_fields(struct net_device *dev, struct ethtool_rxfh_fields *f);
int qnic_set_rxfh_fields(struct net_device *dev,
			 const struct ethtool_rxfh_fields *f,
			 struct netlink_ext_ack *extack);
#endif
int qnic_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *c, u32 *locs);
int qnic_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *c);
bool qnic_rules_fit(struct qnic_port *p, u32 queues);
bool qnic_rules_fit_table(struct qnic_port *p, u32 context, const u32 *indir);

/* receive.c */
int qnic_rxmem_alloc(struct qnic_port *p, struct qnic_rxmem *mem, int idx,
		     u32 buf_size);
void qnic_rxmem_free(struct qnic_port *p, struct qnic_rxmem *mem);
int qnic_poll(struct napi_struct *napi, int budget);

/* transmit.c */
int qnic_txq_alloc(struct qnic_txq *q, u32 size);
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

/* ethtool.c */
extern const struct ethtool_ops qnic_ethtool_ops;

/* faults.c */
void qnic_faults_init(void);
void qnic_faults_exit(void);
void qnic_faults_add(struct qnic_port *p);
void qnic_faults_remove(struct qnic_port *p);
bool qnic_fault(struct qnic_port *p, enum qnic_fault what);

/* main.c */
void qnic_carrier(struct qnic_port *p);

#endif
