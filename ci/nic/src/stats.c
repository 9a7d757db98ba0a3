// SPDX-License-Identifier: GPL-2.0
/* Statistics: of the device, of each queue, and the device's own. */
#include "qnic.h"

void qnic_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *st)
{
	struct qnic_port *p = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < dev->num_rx_queues; i++) {
		const struct qnic_rx_stats *rx = &p->rxq[i].stats;
		const struct qnic_tx_stats *tx = &p->txq[i].stats;

		st->rx_packets += rx->packets;
		st->rx_bytes += rx->bytes;
		st->rx_missed_errors += rx->no_buf;
		st->rx_errors += rx->errors;
		st->tx_packets += tx->packets;
		st->tx_bytes += tx->bytes;
		st->tx_dropped += tx->dropped;
		st->tx_errors += tx->hw_errors;
		st->tx_carrier_errors += tx->hw_drops;
	}
}

/* ---- per queue ----------------------------------------------------------- */

static void qnic_report_rx(const struct qnic_rx_stats *rx,
			   struct netdev_queue_stats_rx *st)
{
	st->packets = rx->packets;
	st->bytes = rx->bytes;
	st->alloc_fail = rx->alloc_fail;
	st->hw_drops = rx->no_buf + rx->errors;
	st->hw_drop_overruns = rx->no_buf;
	st->csum_unnecessary = rx->csum_unnecessary;
	st->csum_none = rx->csum_none;
	st->csum_bad = rx->csum_bad;
	st->hw_gro_packets = rx->gro_packets;
	st->hw_gro_bytes = rx->gro_bytes;
	st->hw_gro_wire_packets = rx->gro_wire_packets;
	st->hw_gro_wire_bytes = rx->gro_wire_bytes;
}

static void qnic_report_tx(const struct qnic_tx_stats *tx,
			   struct netdev_queue_stats_tx *st)
{
	st->packets = tx->packets;
	st->bytes = tx->bytes;
	st->hw_drops = tx->hw_drops + tx->hw_errors;
	st->hw_drop_errors = tx->hw_errors;
	st->csum_none = tx->csum_none;
	st->needs_csum = tx->needs_csum;
	st->hw_gso_packets = tx->gso_packets;
	st->hw_gso_bytes = tx->gso_bytes;
	st->hw_gso_wire_packets = tx->gso_wire_packets;
	st->hw_gso_wire_bytes = tx->gso_wire_bytes;
	st->stop = tx->stop;
	st->wake = tx->wake;
}

static void qnic_stat_rx(struct net_device *dev, int i,
			 struct netdev_queue_stats_rx *st)
{
	struct qnic_port *p = netdev_priv(dev);

	qnic_report_rx(&p->rxq[i].stats, st);
}

static void qnic_stat_tx(struct net_device *dev, int i,
			 struct netdev_queue_stats_tx *st)
{
	struct qnic_port *p = netdev_priv(dev);

	qnic_report_tx(&p->txq[i].stats, st);
}

static void qnic_add(void *sum, const void *add, size_t size)
{
	const u64 *from = add;
	u64 *to = sum;

	for (; size; size -= sizeof(*to))
		*to++ += *from++;
}

/* Queues that are not there now keep what they counted: that is the base. */
static void qnic_stat_base(struct net_device *dev,
			   struct netdev_queue_stats_rx *rx,
			   struct netdev_queue_stats_tx *tx)
{
	struct qnic_port *p = netdev_priv(dev);
	struct qnic_rx_stats rx_sum = {};
	struct qnic_tx_stats tx_sum = {};
	unsigned int i;

	for (i = dev->real_num_rx_queues; i < dev->num_rx_queues; i++) {
		qnic_add(&rx_sum, &p->rxq[i].stats, sizeof(rx_sum));
		qnic_add(&tx_sum, &p->txq[i].stats, sizeof(tx_sum));
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
	struct qnic_rx_stats rx = {};
	struct qnic_tx_stats tx = {};
	unsigned int i;

	for (i = 0; i < dev->num_rx_queues; i++) {
		qnic_add(&rx, &p->rxq[i].stats, sizeof(rx));
		qnic_add(&tx, &p->txq[i].stats, sizeof(tx));
	}
	*v++ = tx.gso_packets;
	*v++ = tx.unread_frags;
	*v++ = tx.unread_bytes;
	*v++ = tx.stop;
	*v++ = tx.wake;
	*v++ = p->tx_timeouts;
	*v++ = tx.hw_drops;
	*v++ = rx.split;
	*v++ = rx.unread_frags;
	*v++ = rx.unread_bytes;
	*v++ = rx.no_buf;
	*v++ = rx.alloc_fail;
	*v++ = rx.csum_bad;
	*v++ = p->steering.rule_drops;
	*v++ = p->bus->faults;
	*v++ = p->bus->misuses;
	*v++ = p->bus->mapped;
	for (i = 0; i < QNIC_FAULTS; i++)
		*v++ = atomic64_read(&p->faults.hits[i]);
	*v++ = atomic64_read(&p->faults.restarts_refused);
	*v++ = p->faults.link_downs;
}
