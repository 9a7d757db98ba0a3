/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device as its driver sees it.  It accesses memory only through its
 * bus.  Its registers are the functions below; the driver loads the context of a
 * queue, rings its doorbells, and is interrupted when there are completions.
 */
#ifndef QNIC_HW_H
#define QNIC_HW_H

#include <linux/ethtool.h>
#include <linux/hrtimer.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>

#include "fault.h"

#define QNIC_MAX_QUEUES		128
#define QNIC_SLOT		256	/* size of a completion's header slot */
#define QNIC_INDIR		(4 * QNIC_MAX_QUEUES)
#define QNIC_KEY		40
#define QNIC_RULES		64
#define QNIC_CONTEXTS		33	/* context 0 is the default one */

struct qnic_bus;
struct qnic_hw;

/* ---- rings, in coherent memory ------------------------------------------- */

#define QNIC_TX_EOP		BIT(0)
#define QNIC_TX_CSUM		BIT(1)
#define QNIC_TX_TSO		BIT(2)

struct qnic_tx_desc {
	u64	addr;
	u32	len;
	u16	flags;		/* these and those below: in a frame's first descriptor */
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
#define QNIC_RX_GRO		BIT(2)	/* merged wire frames, checksum partial */
#define QNIC_RX_HASH_L4		BIT(3)
#define QNIC_RX_SPARE		BIT(4)	/* payload is in buffers of the spare ring */
#define QNIC_RX_SPLIT		BIT(5)
#define QNIC_RX_CWR		BIT(6)
#define QNIC_RX_IPV6		BIT(7)

struct qnic_cqe {
	u32	len;
	u32	hash;
	u32	segs;		/* number of wire frames in this one */
	u16	hdr_len;	/* bytes in the header slot */
	u16	nbufs;		/* number of buffers used, in the order posted */
	u16	flags;
	u16	mss;
	u16	csum_start;
	u16	csum_off;
};

/* ---- receive queues ------------------------------------------------------ */

/* Payload buffers: head is the driver's doorbell, used counts filled buffers. */
struct qnic_hw_ring {
	dma_addr_t	desc;
	u32		head;
	u32		used;
};

/* The context of a receive queue; owned by the driver while it is stopped. */
struct qnic_hw_rxctx {
	struct qnic_hw_ring data;
	struct qnic_hw_ring spare;	/* for frames that are not split, if use_spare */
	dma_addr_t	cq;
	dma_addr_t	slots;
	u32		size;		/* entries of each ring, power of two */
	u32		cq_head;	/* completions written */
	u32		cq_tail;	/* doorbell: completions consumed */
	u32		buf_size;
	u32		hds_thresh;
	bool		hds;
	bool		use_spare;
};

enum qnic_hw_rx_stat {
	QNIC_HW_RX_NO_BUF,
	QNIC_HW_RX_ERRORS,	/* frames dropped for refused accesses */
	QNIC_HW_RX_STATS,
};

struct qnic_hw_rxq {
	spinlock_t	lock;	/* protects everything here except the doorbells */
	bool		active;
	struct qnic_hw_rxctx ctx;
	struct u64_stats_sync sync;
	u64_stats_t	stat[QNIC_HW_RX_STATS];
};

void qnic_hw_rx_start(struct qnic_hw *hw, unsigned int i,
		      const struct qnic_hw_rxctx *ctx);
void qnic_hw_rx_stop(struct qnic_hw *hw, unsigned int i,
		     struct qnic_hw_rxctx *ctx);

/* Doorbell: buffers are posted up to head.  Write the descriptors first. */
static inline void qnic_hw_rx_post(struct qnic_hw_ring *ring, u32 head)
{
	/* pairs with the acquire in qnic_place_locked() */
	smp_store_release(&ring->head, head);
}

/* Doorbell: completions are consumed up to tail and may be overwritten. */
static inline void qnic_hw_rx_taken(struct qnic_hw_rxq *q, u32 tail)
{
	/* pairs with the acquire in qnic_place_locked() */
	smp_store_release(&q->ctx.cq_tail, tail);
}

/* Register: number of completions written. */
static inline u32 qnic_hw_rx_head(const struct qnic_hw_rxq *q)
{
	/* pairs with the release in qnic_place_locked() */
	return smp_load_acquire(&q->ctx.cq_head);
}

/* ---- transmit queues ----------------------------------------------------- */

enum qnic_hw_tx_stat {
	QNIC_HW_TX_DROPS,	/* no link */
	QNIC_HW_TX_ERRORS,	/* refused accesses, bad descriptors */
	QNIC_HW_TX_STATS,
};

struct qnic_hw_txq {
	struct qnic_hw	*hw;
	struct work_struct work;
	struct hrtimer	timer;
	bool		running;
	dma_addr_t	desc;
	dma_addr_t	done_at;	/* address for writing back the completed index */
	u32		size;		/* power of two */
	u32		doorbell;
	u32		seen;		/* timestamped up to here */
	u32		fetch;		/* sent up to here */
	u32		done;		/* completed up to here */
	bool		held;		/* the next frame waits to be overtaken */
	u64		held_until;
	u64		*when;		/* by a frame's last descriptor, ns */
	struct u64_stats_sync sync;
	u64_stats_t	stat[QNIC_HW_TX_STATS];
} ____cacheline_aligned_in_smp;

int qnic_hw_tx_start(struct qnic_hw *hw, unsigned int i, dma_addr_t desc,
		     dma_addr_t done_at, u32 size);
void qnic_hw_tx_stop(struct qnic_hw *hw, unsigned int i);
void qnic_hw_tx_doorbell(struct qnic_hw *hw, unsigned int i, u32 head);
void qnic_hw_tx_kick(struct qnic_hw *hw);

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
	spinlock_t	lock;		/* protects everything here */
	struct qnic_rss	rss[QNIC_CONTEXTS];
	struct qnic_rule rule[QNIC_RULES];
	u64		rule_drops;
};

extern const u32 qnic_rss_fields_default[QNIC_FLOWS];
void qnic_rss_default(struct qnic_rss *r, unsigned int queues);

/* ---- the device of a port ------------------------------------------------ */

struct qnic_hw {
	struct qnic_bus	*bus;
	struct qnic_hw __rcu *peer;	/* at the other end of the wire */
	struct qnic_hw_rxq *rxq;
	struct qnic_hw_txq *txq;
	void (*interrupt)(struct qnic_hw *hw, unsigned int i);
	unsigned int	queues;		/* number of queues in use */
	bool		link;
	bool		gro;		/* accepts TSO frames unsegmented */
	bool		ntuple;		/* applies the flow rules */
	u32		tx_delay_us;	/* from the doorbell to fetching a frame */
	u32		rate_mbps;	/* 0: unlimited */
	spinlock_t	rate_lock;	/* wire_free */
	u64		wire_free;	/* ns */
	struct qnic_steering steering;
	struct qnic_faults faults;
};

int qnic_hw_init(struct qnic_hw *hw, struct qnic_bus *bus, unsigned int queues);
void qnic_hw_free(struct qnic_hw *hw);
int qnic_wire_init(void);
void qnic_wire_exit(void);

#endif
