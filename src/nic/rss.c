// SPDX-License-Identifier: GPL-2.0
/* ethtool's receive-side scaling: key, indirection, fields, contexts. */
#include "qnic.h"

u32 qnic_get_key_size(struct net_device *dev)
{
	return QNIC_KEY;
}

u32 qnic_get_indir_size(struct net_device *dev)
{
	return QNIC_INDIR;
}

int qnic_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *r)
{
	struct qnic_port *p = netdev_priv(dev);
	struct qnic_rss *rss = &p->hw.steering.rss[0];

	r->hfunc = ETH_RSS_HASH_TOP;
	r->input_xfrm = rss->xfrm;
	if (r->indir)
		memcpy(r->indir, rss->indir, sizeof(rss->indir));
	if (r->key)
		memcpy(r->key, rss->key, sizeof(rss->key));
	return 0;
}

static int qnic_rss_check(struct qnic_port *p, const struct ethtool_rxfh_param *r,
			  struct netlink_ext_ack *extack)
{
	if (r->hfunc != ETH_RSS_HASH_NO_CHANGE && r->hfunc != ETH_RSS_HASH_TOP)
		return -EOPNOTSUPP;
	if (r->indir && !qnic_rules_fit_table(p, r->rss_context, r->indir)) {
		NL_SET_ERR_MSG(extack, "too few queues for the offset of a flow rule");
		return -EINVAL;
	}
	return 0;
}

static void qnic_rss_set(struct qnic_port *p, struct qnic_rss *rss,
			 const struct ethtool_rxfh_param *r)
{
	spin_lock_bh(&p->hw.steering.lock);
	if (r->indir)
		memcpy(rss->indir, r->indir, sizeof(rss->indir));
	if (r->key)
		memcpy(rss->key, r->key, sizeof(rss->key));
	if (r->input_xfrm != RXH_XFRM_NO_CHANGE)
		rss->xfrm = r->input_xfrm;
	spin_unlock_bh(&p->hw.steering.lock);
}

int qnic_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *r,
		  struct netlink_ext_ack *extack)
{
	struct qnic_port *p = netdev_priv(dev);
	int err = qnic_rss_check(p, r, extack);

	if (err)
		return err;
	qnic_rss_set(p, &p->hw.steering.rss[0], r);
	return 0;
}

int qnic_create_context(struct net_device *dev, struct ethtool_rxfh_context *ctx,
			const struct ethtool_rxfh_param *r,
			struct netlink_ext_ack *extack)
{
	struct qnic_port *p = netdev_priv(dev);
	struct qnic_rss *rss = &p->hw.steering.rss[r->rss_context];
	int err = qnic_rss_check(p, r, extack);

	if (err)
		return err;
	spin_lock_bh(&p->hw.steering.lock);
	*rss = p->hw.steering.rss[0];
	memcpy(rss->fields, qnic_rss_fields_default, sizeof(rss->fields));
	qnic_rss_default(rss, dev->real_num_rx_queues);
	spin_unlock_bh(&p->hw.steering.lock);
	qnic_rss_set(p, rss, r);
	/* report the values that the user did not specify */
	ctx->hfunc = ETH_RSS_HASH_TOP;
	ctx->input_xfrm = rss->xfrm;
	if (!r->indir)
		memcpy(ethtool_rxfh_context_indir(ctx), rss->indir,
		       sizeof(rss->indir));
	if (!r->key)
		memcpy(ethtool_rxfh_context_key(ctx), rss->key,
		       sizeof(rss->key));
	return 0;
}

int qnic_modify_context(struct net_device *dev, struct ethtool_rxfh_context *ctx,
			const struct ethtool_rxfh_param *r,
			struct netlink_ext_ack *extack)
{
	struct qnic_port *p = netdev_priv(dev);
	int err = qnic_rss_check(p, r, extack);

	if (err)
		return err;
	qnic_rss_set(p, &p->hw.steering.rss[r->rss_context], r);
	return 0;
}

int qnic_remove_context(struct net_device *dev, struct ethtool_rxfh_context *ctx,
			u32 id, struct netlink_ext_ack *extack)
{
	struct qnic_port *p = netdev_priv(dev);
	int i;

	for (i = 0; i < QNIC_RULES; i++) {
		const struct qnic_rule *rule = &p->hw.steering.rule[i];

		if (rule->used && rule->context == id) {
			NL_SET_ERR_MSG(extack, "a flow rule steers to this context");
			return -EBUSY;
		}
	}
	return 0;
}

static int qnic_ethtool_flow(u32 type)
{
	switch (type) {
	case TCP_V4_FLOW:
		return QNIC_FLOW_TCP4;
	case UDP_V4_FLOW:
		return QNIC_FLOW_UDP4;
	case TCP_V6_FLOW:
		return QNIC_FLOW_TCP6;
	case UDP_V6_FLOW:
		return QNIC_FLOW_UDP6;
	case IPV4_FLOW:
		return QNIC_FLOW_IP4;
	case IPV6_FLOW:
		return QNIC_FLOW_IP6;
	default:
		return -EOPNOTSUPP;
	}
}

int qnic_get_rxfh_fields(struct net_device *dev, struct ethtool_rxfh_fields *f)
{
	struct qnic_port *p = netdev_priv(dev);
	int flow = qnic_ethtool_flow(f->flow_type);

	f->data = 0;
	if (flow >= 0)
		f->data = p->hw.steering.rss[f->rss_context].fields[flow];
	return 0;
}

int qnic_set_rxfh_fields(struct net_device *dev,
			 const struct ethtool_rxfh_fields *f,
			 struct netlink_ext_ack *extack)
{
	struct qnic_port *p = netdev_priv(dev);
	int flow = qnic_ethtool_flow(f->flow_type);

	if (flow < 0)
		return flow;
	if (f->data & ~(u64)qnic_rss_fields_default[flow]) {
		NL_SET_ERR_MSG(extack, "only addresses and ports can be hashed");
		return -EOPNOTSUPP;
	}
	spin_lock_bh(&p->hw.steering.lock);
	p->hw.steering.rss[f->rss_context].fields[flow] = f->data;
	spin_unlock_bh(&p->hw.steering.lock);
	return 0;
}
