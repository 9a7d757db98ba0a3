// SPDX-License-Identifier: GPL-2.0
/* ethtool: link, rings, channels. */
#include <linux/log2.h>
#include <linux/sockios.h>
#include <net/netdev_lock.h>

#include "qnic.h"

static void qnic_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, QNIC_NAME, sizeof(info->driver));
	strscpy(info->bus_info, dev_name(dev->dev.parent),
		sizeof(info->bus_info));
}

static int qnic_get_link_ksettings(struct net_device *dev,
				   struct ethtool_link_ksettings *cmd)
{
	struct qnic_port *p = netdev_priv(dev);

	cmd->base.speed = p->hw.rate_mbps ?: SPEED_100000;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_OTHER;
	return 0;
}

static void qnic_get_ringparam(struct net_device *dev,
			       struct ethtool_ringparam *r,
			       struct kernel_ethtool_ringparam *kr,
			       struct netlink_ext_ack *extack)
{
	struct qnic_port *p = netdev_priv(dev);

	r->rx_max_pending = QNIC_RING_MAX;
	r->tx_max_pending = QNIC_RING_MAX;
	r->rx_pending = p->rx_size;
	r->tx_pending = p->tx_size;
	kr->hds_thresh_max = QNIC_HDS_MAX;
	kr->hds_thresh = p->hds_thresh;
	kr->tcp_data_split = p->hds ? ETHTOOL_TCP_DATA_SPLIT_ENABLED :
				      ETHTOOL_TCP_DATA_SPLIT_DISABLED;
}

static int qnic_set_ringparam(struct net_device *dev,
			      struct ethtool_ringparam *r,
			      struct kernel_ethtool_ringparam *kr,
			      struct netlink_ext_ack *extack)
{
	struct qnic_port *p = netdev_priv(dev);
	u32 rx = p->rx_size, tx = p->tx_size, thresh = p->hds_thresh;
	bool hds = p->hds;
	int err;

	if (r->rx_pending < QNIC_RING_MIN || r->tx_pending < QNIC_RING_MIN) {
		NL_SET_ERR_MSG(extack, "ring too small");
		return -EINVAL;
	}
	if (netif_running(dev))
		qnic_down(dev);
	p->rx_size = roundup_pow_of_two(r->rx_pending);
	p->tx_size = roundup_pow_of_two(r->tx_pending);
	p->hds = kr->tcp_data_split == ETHTOOL_TCP_DATA_SPLIT_ENABLED;
	p->hds_thresh = kr->hds_thresh;
	if (!netif_running(dev))
		return 0;
	err = qnic_up(dev);
	if (!err)
		return 0;
	p->rx_size = rx;
	p->tx_size = tx;
	p->hds = hds;
	p->hds_thresh = thresh;
	if (qnic_up(dev))
		netdev_err(dev, "queues are down\n");
	return err;
}

static void qnic_get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	ch->max_combined = dev->num_rx_queues;
	ch->combined_count = dev->real_num_rx_queues;
}

static int qnic_set_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct qnic_port *p = netdev_priv(dev);
	u32 n = ch->combined_count;
	int err, up = 0;

	if (!n || ch->rx_count || ch->tx_count)
		return -EINVAL;
	if (!qnic_rules_fit(p, n))
		return -EBUSY;
	if (netif_running(dev))
		qnic_down(dev);
	err = netif_set_real_num_queues(dev, n, n);
	if (!err && !netif_is_rxfh_configured(dev)) {
		spin_lock_bh(&p->hw.steering.lock);
		qnic_rss_default(&p->hw.steering.rss[0], n);
		spin_unlock_bh(&p->hw.steering.lock);
	}
	if (netif_running(dev))
		up = qnic_up(dev);
	if (up)
		netdev_err(dev, "queues are down\n");
	return err ?: up;
}

static u32 __maybe_unused qnic_get_rx_ring_count(struct net_device *dev)
{
	return dev->real_num_rx_queues;
}

#define QNIC_OPS							\
	.supported_ring_params	= ETHTOOL_RING_USE_TCP_DATA_SPLIT |	\
				  ETHTOOL_RING_USE_HDS_THRS,		\
	QNIC_OP_NEEDS_RTNL						\
	.get_drvinfo		= qnic_get_drvinfo,			\
	.get_link		= ethtool_op_get_link,			\
	.get_link_ksettings	= qnic_get_link_ksettings,		\
	.get_ts_info		= ethtool_op_get_ts_info,		\
	.get_ringparam		= qnic_get_ringparam,			\
	.set_ringparam		= qnic_set_ringparam,			\
	.get_channels		= qnic_get_channels,			\
	.set_channels		= qnic_set_channels,			\
	QNIC_RX_RING_COUNT(qnic_get_rx_ring_count)			\
	.get_rxnfc		= qnic_get_rxnfc,			\
	.set_rxnfc		= qnic_set_rxnfc,			\
	.get_sset_count		= qnic_get_sset_count,			\
	.get_strings		= qnic_get_strings,			\
	.get_ethtool_stats	= qnic_get_ethtool_stats

const struct ethtool_ops qnic_ethtool_ops = {
	QNIC_OPS,
	.supported_input_xfrm	= RXH_XFRM_SYM_XOR,
	.rxfh_per_ctx_key	= true,
	.cap_rss_rxnfc_adds	= true,
	.rxfh_indir_space	= QNIC_INDIR,
	.rxfh_key_space		= QNIC_KEY,
	.rxfh_max_num_contexts	= QNIC_CONTEXTS,
	.get_rxfh_key_size	= qnic_get_key_size,
	.get_rxfh_indir_size	= qnic_get_indir_size,
	.get_rxfh		= qnic_get_rxfh,
	.set_rxfh		= qnic_set_rxfh,
	.create_rxfh_context	= qnic_create_context,
	.modify_rxfh_context	= qnic_modify_context,
	.remove_rxfh_context	= qnic_remove_context,
	QNIC_RXFH_FIELDS(qnic_get_rxfh_fields, qnic_set_rxfh_fields)
};

/* Like drivers with a private indirection table that cannot be read. */
const struct ethtool_ops qnic_ethtool_ops_no_rss = {
	QNIC_OPS,
};
