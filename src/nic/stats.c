// SPDX-License-Identifier: GPL-2.0
/* Statistics: of the device, of each queue, and the device's own. */
#include "hw_bus.h"
#include "qnic.h"

/* The counters of a receive queue and of a transmit queue. */
struct qnic_rx_sums {
	u64	sw[QNIC_RX_STATS];
	u64	hw[QNIC_HW_RX_STATS];
};

struct qnic_tx_sums {
	u64	sw[QNIC_TX_STATS];
	u64	xmit[QNIC_XMIT_STATS];
	u64	hw[QNIC_HW_TX_STATS];
};

#define QNIC_STATS_MOST	16

static_assert(QNIC_RX_STATS <= QNIC_STATS_MOST);
static_assert(QNIC_TX_STATS <= QNIC_STATS_MOST);

/* Add a consistent snapshot of counters to sum. */
static void qnic_add(const struct u64_stats_sync *sync, const u64_stats_t *stat,
		     unsigned int n, u64 *sum)
{
	u64 read[QNIC_STATS_MOST];
	unsigned int start, i;

	do {
		start = u64_stats_fetch_begin(sync);
		for (i = 0; i < n; i++)
			read[i] = u64_stats_read(&stat[i]);
	} while (u64_stats_fetch_retry(sync, start));
	for (i = 0; i < n; i++)
		sum[i] += read[i];
}

static void qnic_add_rx(const struct qnic_port *p, unsigned int i,
			struct qnic_rx_sums *sum)
{
	const struct qnic_hw_rxq *hw = &p->hw.rxq[i];
	const struct qnic_rxq *q = &p->rxq[i];

	qnic_add(&q->sync, q->stat, QNIC_RX_STATS, sum->sw);
	qnic_add(&hw->sync, hw->stat, QNIC_HW_RX_STATS, sum->hw);
}

static void qnic_add_tx(const struct qnic_port *p, unsigned int i,
			struct qnic_tx_sums *sum)
{
	const struct qnic_hw_txq *hw = &p->hw.txq[i];
	const struct qnic_txq *q = &p->txq[i];

	qnic_add(&q->sync, q->stat, QNIC_TX_STATS, sum->sw);
	qnic_add(&q->xmit_sync, q->xmit_stat, QNIC_XMIT_STATS, sum->xmit);
	qnic_add(&hw->sync, hw->stat, QNIC_HW_TX_STATS, sum->hw);
}

void qnic_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *st)
{
	struct qnic_port *p = netdev_priv(dev);
	struct qnic_rx_sums rx = {};
	struct qnic_tx_sums tx = {};
	unsigned int i;

	for (i = 0; i < dev->num_rx_queues; i++) {
		qnic_add_rx(p, i, &rx);
		qnic_add_tx(p, i, &tx);
	}
	st->rx_packets = rx.sw[QNIC_RX_PACKETS];
	st->rx_bytes = rx.sw[QNIC_RX_BYTES];
	st->rx_missed_errors = rx.hw[QNIC_HW_RX_NO_BUF];
	st->rx_errors = rx.hw[QNIC_HW_RX_ERRORS];
	st->tx_packets = tx.sw[QNIC_TX_PACKETS];
	st->tx_bytes = tx.sw[QNIC_TX_BYTES];
	st->tx_dropped = tx.xmit[QNIC_XMIT_DROPPED];
	st->tx_errors = tx.hw[QNIC_HW_TX_ERRORS];
	st->tx_carrier_errors = tx.hw[QNIC_HW_TX_DROPS];
}

/* ---- per queue ----------------------------------------------------------- */

static void qnic_report_rx(const struct qnic_rx_sums *rx,
			   struct netdev_queue_stats_rx *st)
{
	st->packets = rx->sw[QNIC_RX_PACKETS];
	st->bytes = rx->sw[QNIC_RX_BYTES];
	st->alloc_fail = rx->sw[QNIC_RX_ALLOC_FAIL];
	st->hw_drops = rx->hw[QNIC_HW_RX_NO_BUF] + rx->hw[QNIC_HW_RX_ERRORS];
	st->hw_drop_overruns = rx->hw[QNIC_HW_RX_NO_BUF];
	st->csum_unnecessary = rx->sw[QNIC_RX_CSUM_UNNECESSARY];
	st->csum_none = rx->sw[QNIC_RX_CSUM_NONE];
	st->csum_bad = rx->sw[QNIC_RX_CSUM_WRONG];
	st->hw_gro_packets = rx->sw[QNIC_RX_GRO_PACKETS];
	st->hw_gro_bytes = rx->sw[QNIC_RX_GRO_BYTES];
	st->hw_gro_wire_packets = rx->sw[QNIC_RX_GRO_WIRE_PACKETS];
	st->hw_gro_wire_bytes = rx->sw[QNIC_RX_GRO_WIRE_BYTES];
}

static void qnic_report_tx(const struct qnic_tx_sums *tx,
			   struct netdev_queue_stats_tx *st)
{
	st->packets = tx->sw[QNIC_TX_PACKETS];
	st->bytes = tx->sw[QNIC_TX_BYTES];
	st->hw_drops = tx->hw[QNIC_HW_TX_DROPS] + tx->hw[QNIC_HW_TX_ERRORS];
	st->hw_drop_errors = tx->hw[QNIC_HW_TX_ERRORS];
	st->csum_none = tx->sw[QNIC_TX_CSUM_NONE];
	st->needs_csum = tx->sw[QNIC_TX_NEEDS_CSUM];
	st->hw_gso_packets = tx->sw[QNIC_TX_GSO_PACKETS];
	st->hw_gso_bytes = tx->sw[QNIC_TX_GSO_BYTES];
	st->hw_gso_wire_packets = tx->sw[QNIC_TX_GSO_WIRE_PACKETS];
	st->hw_gso_wire_bytes = tx->sw[QNIC_TX_GSO_WIRE_BYTES];
	st->stop = tx->xmit[QNIC_XMIT_STOP];
	st->wake = tx->sw[QNIC_TX_WAKE];
}

static void qnic_stat_rx(struct net_device *dev, int i,
			 struct netdev_queue_stats_rx *st)
{
	struct qnic_rx_sums sum = {};

	qnic_add_rx(netdev_priv(dev), i, &sum);
	qnic_report_rx(&sum, st);
}

static void qnic_stat_tx(struct net_device *dev, int i,
			 struct netdev_queue_stats_tx *st)
{
	struct qnic_tx_sums sum = {};

	qnic_add_tx(netdev_priv(dev), i, &sum);
	qnic_report_tx(&sum, st);
}

/* The base: counts of queues that do not exist at present. */
static void qnic_stat_base(struct net_device *dev,
			   struct netdev_queue_stats_rx *rx,
			   struct netdev_queue_stats_tx *tx)
{
	struct qnic_port *p = netdev_priv(dev);
	struct qnic_rx_sums rx_sum = {};
	struct qnic_tx_sums tx_sum = {};
	unsigned int i;

	for (i = dev->real_num_rx_queues; i < dev->num_rx_queues; i++) {
		qnic_add_rx(p, i, &rx_sum);
		qnic_add_tx(p, i, &tx_sum);
	}
	qnic_report_rx(&rx_sum, rx);
	qnic_report_tx(&tx_sum, tx);
}

const struct netdev_stat_ops qnic_stat_ops = {
	.get_queue_stats_rx	= qnic_stat_rx,
	.get_queue_stats_tx	= qnic_stat_tx,
	.get_base_stats		= qnic_stat_base,
};

/* ---- ethtool -S ---------------------------------------------------------- */

static const char qnic_strings[][ETH_GSTRING_LEN] = {
	"tx_tso", "tx_unreadable_frags", "tx_unreadable_bytes", "tx_stops",
	"tx_wakes", "tx_timeouts", "tx_link_drops", "rx_split",
	"rx_unreadable_frags", "rx_unreadable_bytes", "rx_no_buf",
	"rx_alloc_fail", "rx_csum_bad", "rule_drops", "dma_faults",
	"dma_misuses", "dma_mapped", "fault_dropped", "fault_corrupted",
	"fault_duplicated", "fault_reordered", "fault_allocs_failed",
	"fault_restarts_refused", "fault_link_downs",
};

int qnic_get_sset_count(struct net_device *dev, int sset)
{
	return sset == ETH_SS_STATS ? ARRAY_SIZE(qnic_strings) : -EOPNOTSUPP;
}

void qnic_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	if (sset == ETH_SS_STATS)
		memcpy(data, qnic_strings, sizeof(qnic_strings));
}

void qnic_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *st,
			    u64 *v)
{
	struct qnic_port *p = netdev_priv(dev);
	struct qnic_rx_sums rx = {};
	struct qnic_tx_sums tx = {};
	unsigned int i;

	for (i = 0; i < dev->num_rx_queues; i++) {
		qnic_add_rx(p, i, &rx);
		qnic_add_tx(p, i, &tx);
	}
	*v++ = tx.sw[QNIC_TX_GSO_PACKETS];
	*v++ = tx.sw[QNIC_TX_UNREAD_FRAGS];
	*v++ = tx.sw[QNIC_TX_UNREAD_BYTES];
	*v++ = tx.xmit[QNIC_XMIT_STOP];
	*v++ = tx.sw[QNIC_TX_WAKE];
	*v++ = p->tx_timeouts;
	*v++ = tx.hw[QNIC_HW_TX_DROPS];
	*v++ = rx.sw[QNIC_RX_SPLITS];
	*v++ = rx.sw[QNIC_RX_UNREAD_FRAGS];
	*v++ = rx.sw[QNIC_RX_UNREAD_BYTES];
	*v++ = rx.hw[QNIC_HW_RX_NO_BUF];
	*v++ = rx.sw[QNIC_RX_ALLOC_FAIL];
	*v++ = rx.sw[QNIC_RX_CSUM_WRONG];
	*v++ = p->hw.steering.rule_drops;
	*v++ = p->hw.bus->faults;
	*v++ = p->hw.bus->misuses;
	*v++ = p->hw.bus->mapped;
	for (i = 0; i < QNIC_FAULTS; i++)
		*v++ = atomic64_read(&p->hw.faults.hits[i]);
	*v++ = atomic64_read(&p->hw.faults.restarts_refused);
	*v++ = p->link_downs;
}
