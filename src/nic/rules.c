// SPDX-License-Identifier: GPL-2.0
/* ethtool's flow rules. */
#include "qnic.h"

static u32 qnic_rules_list(struct qnic_port *p, u32 *locs, u32 max)
{
	u32 i, n = 0;

	for (i = 0; i < QNIC_RULES; i++) {
		if (!p->hw.steering.rule[i].used)
			continue;
		if (locs && n < max)
			locs[n] = i;
		n++;
	}
	return n;
}

static u32 qnic_table_max(const u32 *indir)
{
	u32 i, max = 0;

	for (i = 0; i < QNIC_INDIR; i++)
		max = max(max, indir[i]);
	return max;
}

/* Return whether a rule's queues are below this number. */
static bool qnic_rule_fits(struct qnic_port *p, const struct ethtool_rx_flow_spec *fs,
			   u32 context, u32 queues)
{
	if (fs->ring_cookie == RX_CLS_FLOW_DISC)
		return true;
	if (fs->ring_cookie >= queues)
		return false;
	/* if the rule adds nothing to the table, the kernel checks it */
	return !(fs->flow_type & FLOW_RSS) || !fs->ring_cookie ||
	       fs->ring_cookie + qnic_table_max(p->hw.steering.rss[context].indir) <
	       queues;
}

/*
 * Return whether all rules' queues are below this number.  The kernel checks
 * too, but without a rule's offset to its context's table: up to 7.3 it tests
 * FLOW_RSS in its request instead of in the rule that it received.
 */
bool qnic_rules_fit(struct qnic_port *p, u32 queues)
{
	u32 i;

	for (i = 0; i < QNIC_RULES; i++) {
		const struct qnic_rule *rule = &p->hw.steering.rule[i];

		if (rule->used &&
		    !qnic_rule_fits(p, &rule->fs, rule->context, queues))
			return false;
	}
	return true;
}

/* Return whether a context may have this table, given its rules' offsets. */
bool qnic_rules_fit_table(struct qnic_port *p, u32 context, const u32 *indir)
{
	u64 add = 0;
	u32 i;

	for (i = 0; i < QNIC_RULES; i++) {
		const struct qnic_rule *rule = &p->hw.steering.rule[i];

		if (rule->used && rule->fs.flow_type & FLOW_RSS &&
		    rule->context == context &&
		    rule->fs.ring_cookie != RX_CLS_FLOW_DISC)
			add = max(add, rule->fs.ring_cookie);
	}
	return !add || add + qnic_table_max(indir) < p->dev->real_num_rx_queues;
}

int qnic_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *c, u32 *locs)
{
	struct qnic_port *p = netdev_priv(dev);
	u32 i, n;

	switch (c->cmd) {
	case ETHTOOL_GRXRINGS:	/* older kernels */
		c->data = dev->real_num_rx_queues;
		return 0;
	case ETHTOOL_GRXCLSRLCNT:
		c->rule_cnt = qnic_rules_list(p, NULL, 0);
		c->data = QNIC_RULES | RX_CLS_LOC_SPECIAL;
		return 0;
	case ETHTOOL_GRXCLSRULE:
		i = c->fs.location;
		if (i >= QNIC_RULES || !p->hw.steering.rule[i].used)
			return -ENOENT;
		c->fs = p->hw.steering.rule[i].fs;
		c->rss_context = p->hw.steering.rule[i].context;
		return 0;
	case ETHTOOL_GRXCLSRLALL:
		n = qnic_rules_list(p, locs, c->rule_cnt);
		if (n > c->rule_cnt)
			return -EMSGSIZE;
		c->rule_cnt = n;
		c->data = QNIC_RULES;
		return 0;
	}
	return -EOPNOTSUPP;
}

static bool qnic_same_match(const struct ethtool_rx_flow_spec *a,
			    const struct ethtool_rx_flow_spec *b)
{
	return !((a->flow_type ^ b->flow_type) & ~FLOW_RSS) &&
	       !memcmp(&a->h_u, &b->h_u, sizeof(a->h_u)) &&
	       !memcmp(&a->m_u, &b->m_u, sizeof(a->m_u));
}

/* Location of a rule without one: that of the rule it replaces, or the
 * first free one.
 */
static u32 qnic_rule_place(struct qnic_port *p, const struct ethtool_rx_flow_spec *fs)
{
	u32 i, place = QNIC_RULES;

	for (i = 0; i < QNIC_RULES; i++) {
		const struct qnic_rule *rule = &p->hw.steering.rule[i];

		if (rule->used && qnic_same_match(&rule->fs, fs))
			return i;
		if (!rule->used && place == QNIC_RULES)
			place = i;
	}
	return place;
}

static int qnic_rule_check(struct net_device *dev, const struct ethtool_rxnfc *c)
{
	switch (c->fs.flow_type & ~FLOW_RSS) {
	case TCP_V4_FLOW:
	case UDP_V4_FLOW:
		if (c->fs.m_u.tcp_ip4_spec.tos)
			return -EOPNOTSUPP;
		break;
	case TCP_V6_FLOW:
	case UDP_V6_FLOW:
		if (c->fs.m_u.tcp_ip6_spec.tclass)
			return -EOPNOTSUPP;
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (c->fs.flow_type & FLOW_RSS && c->rss_context >= QNIC_CONTEXTS)
		return -EINVAL;
	return qnic_rule_fits(netdev_priv(dev), &c->fs, c->rss_context,
			      dev->real_num_rx_queues) ? 0 : -EINVAL;
}

static int qnic_rule_insert(struct net_device *dev, struct ethtool_rxnfc *c)
{
	struct qnic_port *p = netdev_priv(dev);
	struct qnic_steering *s = &p->hw.steering;
	u32 at = c->fs.location;
	int err;

	err = qnic_rule_check(dev, c);
	if (err)
		return err;
	if (at & RX_CLS_LOC_SPECIAL) {
		if (at != RX_CLS_LOC_ANY)
			return -EINVAL;
		at = qnic_rule_place(p, &c->fs);
		if (at == QNIC_RULES)
			return -ENOSPC;
	}
	if (at >= QNIC_RULES)
		return -EINVAL;
	c->fs.location = at;
	spin_lock_bh(&s->lock);
	s->rule[at].fs = c->fs;
	s->rule[at].context = c->fs.flow_type & FLOW_RSS ? c->rss_context : 0;
	s->rule[at].used = true;
	spin_unlock_bh(&s->lock);
	return 0;
}

int qnic_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *c)
{
	struct qnic_port *p = netdev_priv(dev);
	u32 at = c->fs.location;

	switch (c->cmd) {
	case ETHTOOL_SRXCLSRLINS:
		return qnic_rule_insert(dev, c);
	case ETHTOOL_SRXCLSRLDEL:
		if (at >= QNIC_RULES)
			return -EINVAL;
		/*
		 * No error if there is none: as with other NICs whose rules
		 * have locations (enetc), deleting invalidates the location.  The
		 * kernel's rss_ctx test relies on it, since it replaces a rule
		 * and then deletes both.
		 */
		spin_lock_bh(&p->hw.steering.lock);
		p->hw.steering.rule[at].used = false;
		spin_unlock_bh(&p->hw.steering.lock);
		return 0;
	}
	return -EOPNOTSUPP;
}
