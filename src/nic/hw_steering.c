// SPDX-License-Identifier: GPL-2.0
/* Selection of a frame's receive queue: flow rules, then the hash. */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>

#include "hw_frame.h"

#define QNIC_FIELDS_IP	(RXH_IP_SRC | RXH_IP_DST)
#define QNIC_FIELDS_L4	(QNIC_FIELDS_IP | RXH_L4_B_0_1 | RXH_L4_B_2_3)

const u32 qnic_rss_fields_default[QNIC_FLOWS] = {
	[QNIC_FLOW_TCP4] = QNIC_FIELDS_L4,
	[QNIC_FLOW_UDP4] = QNIC_FIELDS_L4,
	[QNIC_FLOW_TCP6] = QNIC_FIELDS_L4,
	[QNIC_FLOW_UDP6] = QNIC_FIELDS_L4,
	[QNIC_FLOW_IP4] = QNIC_FIELDS_IP,
	[QNIC_FLOW_IP6] = QNIC_FIELDS_IP,
};

static u32 qnic_toeplitz(const u8 *key, const u8 *data, unsigned int len)
{
	u32 window = get_unaligned_be32(key), hash = 0;
	unsigned int i, b;

	for (i = 0; i < len; i++) {
		u8 next = i + 4 < QNIC_KEY ? key[i + 4] : 0;

		for (b = 0; b < 8; b++) {
			if (data[i] & (0x80 >> b))
				hash ^= window;
			window = (window << 1) | ((next >> (7 - b)) & 1);
		}
	}
	return hash;
}

static enum qnic_flow qnic_flow(const struct qnic_meta *m)
{
	if (m->l4 && m->proto == IPPROTO_TCP)
		return m->ver == 4 ? QNIC_FLOW_TCP4 : QNIC_FLOW_TCP6;
	if (m->l4)
		return m->ver == 4 ? QNIC_FLOW_UDP4 : QNIC_FLOW_UDP6;
	return m->ver == 4 ? QNIC_FLOW_IP4 : QNIC_FLOW_IP6;
}

/* Append a source and destination field to the hash's input. */
static u32 qnic_hash_pair(u8 *t, u32 n, const u8 *src, const u8 *dst, u32 len,
			  bool with_src, bool with_dst, bool xor)
{
	u8 mix[16];
	u32 i;

	if (xor && with_src && with_dst) {
		for (i = 0; i < len; i++)
			mix[i] = src[i] ^ dst[i];
		src = mix;
		dst = mix;
	}
	if (with_src) {
		memcpy(t + n, src, len);
		n += len;
	}
	if (with_dst) {
		memcpy(t + n, dst, len);
		n += len;
	}
	return n;
}

static void qnic_hash(const struct qnic_rss *r, const u8 *h, struct qnic_meta *m)
{
	bool xor = r->xfrm & RXH_XFRM_SYM_XOR;
	const u8 *ip = h + m->l3;
	u32 fields, len, n = 0;
	u8 t[36];

	m->hash = 0;
	m->hash_l4 = false;
	if (!m->ver)
		return;
	fields = r->fields[qnic_flow(m)];
	len = m->ver == 4 ? 4 : 16;
	ip += m->ver == 4 ? offsetof(struct iphdr, saddr) :
			    offsetof(struct ipv6hdr, saddr);
	n = qnic_hash_pair(t, n, ip, ip + len, len, fields & RXH_IP_SRC,
			   fields & RXH_IP_DST, xor);
	if (m->l4 && fields & (RXH_L4_B_0_1 | RXH_L4_B_2_3)) {
		n = qnic_hash_pair(t, n, h + m->l4, h + m->l4 + 2, 2,
				   fields & RXH_L4_B_0_1,
				   fields & RXH_L4_B_2_3, xor);
		m->hash_l4 = true;
	}
	m->hash = qnic_toeplitz(r->key, t, n);
}

static bool qnic_differ(const void *a, const void *b, const void *mask, u32 n)
{
	const u8 *x = a, *y = b, *z = mask;

	while (n--)
		if ((*x++ ^ *y++) & *z++)
			return true;
	return false;
}

static bool qnic_rule_hit(const struct ethtool_rx_flow_spec *fs, const u8 *h,
			  const struct qnic_meta *m)
{
	u32 type = fs->flow_type & ~(FLOW_EXT | FLOW_RSS | FLOW_MAC_EXT);
	bool tcp = type == TCP_V4_FLOW || type == TCP_V6_FLOW;
	const u8 *port = h + m->l4;

	if (!m->l4 || m->proto != (tcp ? IPPROTO_TCP : IPPROTO_UDP))
		return false;
	if (type == TCP_V4_FLOW || type == UDP_V4_FLOW) {
		const struct ethtool_tcpip4_spec *v = &fs->h_u.tcp_ip4_spec;
		const struct ethtool_tcpip4_spec *k = &fs->m_u.tcp_ip4_spec;
		const struct iphdr *ip = (const void *)(h + m->l3);

		return m->ver == 4 &&
		       !qnic_differ(&ip->saddr, &v->ip4src, &k->ip4src, 4) &&
		       !qnic_differ(&ip->daddr, &v->ip4dst, &k->ip4dst, 4) &&
		       !qnic_differ(port, &v->psrc, &k->psrc, 2) &&
		       !qnic_differ(port + 2, &v->pdst, &k->pdst, 2);
	} else {
		const struct ethtool_tcpip6_spec *v = &fs->h_u.tcp_ip6_spec;
		const struct ethtool_tcpip6_spec *k = &fs->m_u.tcp_ip6_spec;
		const struct ipv6hdr *ip6 = (const void *)(h + m->l3);

		return m->ver == 6 &&
		       !qnic_differ(&ip6->saddr, v->ip6src, k->ip6src, 16) &&
		       !qnic_differ(&ip6->daddr, v->ip6dst, k->ip6dst, 16) &&
		       !qnic_differ(port, &v->psrc, &k->psrc, 2) &&
		       !qnic_differ(port + 2, &v->pdst, &k->pdst, 2);
	}
}

static const struct qnic_rule *qnic_rule_find(struct qnic_hw *hw, const u8 *h,
					      const struct qnic_meta *m)
{
	int i;

	if (!READ_ONCE(hw->ntuple))
		return NULL;
	for (i = 0; i < QNIC_RULES; i++) {
		const struct qnic_rule *rule = &hw->steering.rule[i];

		if (rule->used && qnic_rule_hit(&rule->fs, h, m))
			return rule;
	}
	return NULL;
}

/* Return the receive queue for a frame; negative if a rule drops it. */
int qnic_steer(struct qnic_hw *hw, const u8 *h, struct qnic_meta *m)
{
	struct qnic_steering *s = &hw->steering;
	const struct qnic_rule *rule;
	struct qnic_rss *rss;
	int q = -1;

	spin_lock(&s->lock);
	rule = qnic_rule_find(hw, h, m);
	rss = &s->rss[rule ? rule->context : 0];
	qnic_hash(rss, h, m);
	if (rule && rule->fs.ring_cookie == RX_CLS_FLOW_DISC) {
		s->rule_drops++;
		goto out;
	}
	q = rule ? rule->fs.ring_cookie : 0;
	if (!rule || rule->fs.flow_type & FLOW_RSS)
		q += rss->indir[m->hash % QNIC_INDIR];
	if (q >= READ_ONCE(hw->queues))
		q = 0;
out:
	spin_unlock(&s->lock);
	return q;
}

void qnic_rss_default(struct qnic_rss *r, unsigned int queues)
{
	unsigned int i;

	for (i = 0; i < QNIC_INDIR; i++)
		r->indir[i] = ethtool_rxfh_indir_default(i, queues);
}

void qnic_steering_init(struct qnic_hw *hw, unsigned int queues)
{
	struct qnic_rss *r = &hw->steering.rss[0];

	spin_lock_init(&hw->steering.lock);
	netdev_rss_key_fill(r->key, QNIC_KEY);
	memcpy(r->fields, qnic_rss_fields_default, sizeof(r->fields));
	qnic_rss_default(r, queues);
}
