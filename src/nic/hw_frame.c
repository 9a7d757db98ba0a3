// SPDX-License-Identifier: GPL-2.0
/* Reading a frame by bus address, and parsing its headers. */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "hw_frame.h"

/* Steps through the parts of [off, off + left), each within one segment. */
struct qnic_walk {
	const struct qnic_frame *f;
	unsigned int	i;
	u32		off;
	u32		left;
};

static bool qnic_walk(struct qnic_walk *w, dma_addr_t *addr, u32 *n)
{
	const struct qnic_frame *f = w->f;

	while (w->left && w->i < f->nseg) {
		const struct qnic_seg *seg = &f->seg[w->i];

		if (w->off >= seg->len) {
			w->off -= seg->len;
			w->i++;
			continue;
		}
		*addr = seg->addr + w->off;
		*n = min(seg->len - w->off, w->left);
		w->off += *n;
		w->left -= *n;
		return true;
	}
	return false;
}

bool qnic_frame_read(const struct qnic_frame *f, u32 off, void *dst, u32 len)
{
	struct qnic_walk w = { .f = f, .off = off, .left = len };
	dma_addr_t addr;
	u32 n;

	while (qnic_walk(&w, &addr, &n)) {
		if (!qnic_bus_read(f->bus, addr, dst, n))
			return false;
		dst += n;
	}
	return !w.left;
}

bool qnic_frame_copy(const struct qnic_frame *f, u32 off, struct qnic_bus *bus,
		     dma_addr_t to, u32 len)
{
	struct qnic_walk w = { .f = f, .off = off, .left = len };
	dma_addr_t addr;
	u32 n;

	while (qnic_walk(&w, &addr, &n)) {
		if (!qnic_bus_copy(bus, to, f->bus, addr, n))
			return false;
		to += n;
	}
	return !w.left;
}

bool qnic_frame_sum(const struct qnic_frame *f, u32 off, u32 len, __wsum *sum)
{
	struct qnic_walk w = { .f = f, .off = off, .left = len };
	dma_addr_t addr;
	u32 n, pos = 0;
	__wsum part;

	*sum = 0;
	while (qnic_walk(&w, &addr, &n)) {
		if (!qnic_bus_sum(f->bus, addr, n, &part))
			return false;
		*sum = csum_block_add(*sum, part, pos);
		pos += n;
	}
	return !w.left;
}

/* Network header at h + m->l3; returns whether a transport header follows. */
static bool qnic_parse_l3(const u8 *h, u32 len, __be16 type, struct qnic_meta *m)
{
	u32 off = m->l3;

	if (type == htons(ETH_P_IP) && len >= off + sizeof(struct iphdr)) {
		const struct iphdr *ip = (const void *)(h + off);

		if (ip->version != 4 || ip->ihl < 5 || len < off + ip->ihl * 4)
			return false;
		m->ver = 4;
		m->proto = ip->protocol;
		m->pay = off + ip->ihl * 4;
		return !ip_is_fragment(ip);
	}
	if (type == htons(ETH_P_IPV6) && len >= off + sizeof(struct ipv6hdr)) {
		const struct ipv6hdr *ip6 = (const void *)(h + off);

		if (ip6->version != 6)
			return false;
		m->ver = 6;
		m->proto = ip6->nexthdr;
		m->pay = off + sizeof(*ip6);
		return true;
	}
	return false;
}

void qnic_parse(const u8 *h, u32 len, struct qnic_meta *m)
{
	u32 off = ETH_HLEN;
	__be16 type;

	memset(m, 0, sizeof(*m));
	m->pay = min_t(u32, len, QNIC_SLOT);
	if (len < ETH_HLEN)
		return;
	type = ((const struct ethhdr *)h)->h_proto;
	if (type == htons(ETH_P_8021Q) && len >= off + VLAN_HLEN) {
		const struct vlan_hdr *vlan = (const void *)(h + off);

		type = vlan->h_vlan_encapsulated_proto;
		off += VLAN_HLEN;
	}
	m->l3 = off;
	if (!qnic_parse_l3(h, len, type, m))
		return;
	off = m->pay;
	if (m->proto == IPPROTO_TCP && len >= off + sizeof(struct tcphdr)) {
		const struct tcphdr *th = (const void *)(h + off);

		if (th->doff < 5 || len < off + th->doff * 4)
			return;
		m->l4 = off;
		m->pay = off + th->doff * 4;
	} else if (m->proto == IPPROTO_UDP &&
		   len >= off + sizeof(struct udphdr)) {
		m->l4 = off;
		m->pay = off + sizeof(struct udphdr);
	}
}
