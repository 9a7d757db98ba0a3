// SPDX-License-Identifier: GPL-2.0
/* Transmit offloads: checksums, segmentation, processing of sent frames. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "hw_frame.h"

static __sum16 qnic_pseudo(const u8 *h, const struct qnic_meta *m, u32 len,
			   __wsum sum)
{
	if (m->ver == 4) {
		const struct iphdr *ip = (const void *)(h + m->l3);

		return csum_tcpudp_magic(ip->saddr, ip->daddr, len, m->proto,
					 sum);
	} else {
		const struct ipv6hdr *ip6 = (const void *)(h + m->l3);

		return csum_ipv6_magic(&ip6->saddr, &ip6->daddr, len, m->proto,
				       sum);
	}
}

/* Segment a TSO frame and send the segments. */
static bool qnic_segment(struct qnic_hw *to, const struct qnic_frame *f,
			 u8 *h, const struct qnic_meta *m, u32 mss, bool corrupt)
{
	struct tcphdr *th = (struct tcphdr *)(h + m->l4);
	u32 off = m->pay, left = f->len - m->pay;
	u32 seq = ntohl(th->seq), thl = m->pay - m->l4;
	bool fin = th->fin, psh = th->psh, cwr = th->cwr;
	u16 id = m->ver == 4 ? ntohs(((struct iphdr *)(h + m->l3))->id) : 0;

	while (left) {
		u32 n = min(left, mss);
		bool last = n == left;
		struct qnic_piece piece = {
			.h = h, .hlen = m->pay, .off = off, .len = n,
			.corrupt = corrupt && off == m->pay,
			.cqe = { .flags = QNIC_RX_CSUM_OK, .segs = 1 },
		};
		__wsum sum;

		th->seq = htonl(seq);
		th->fin = fin && last;
		th->psh = psh && last;
		th->cwr = cwr && off == m->pay;
		if (m->ver == 4) {
			struct iphdr *ip = (struct iphdr *)(h + m->l3);

			ip->tot_len = htons(m->pay - m->l3 + n);
			ip->id = htons(id++);
			ip->check = 0;
			ip->check = ip_fast_csum(ip, ip->ihl);
		} else {
			struct ipv6hdr *ip6 = (struct ipv6hdr *)(h + m->l3);

			ip6->payload_len = htons(thl + n);
		}
		if (!qnic_frame_sum(f, off, n, &sum))
			return false;
		th->check = 0;
		sum = csum_block_add(csum_partial(th, thl, 0), sum, thl);
		th->check = qnic_pseudo(h, m, thl + n, sum);
		qnic_place(to, f, m, &piece);
		off += n;
		left -= n;
		seq += n;
	}
	return true;
}

/* Record whether the transport checksum of a frame is correct. */
static bool qnic_verify(const struct qnic_frame *f, const u8 *h,
			const struct qnic_meta *m, u16 *flags)
{
	u32 len = m->ver == 4 ?
		ntohs(((struct iphdr *)(h + m->l3))->tot_len) - (m->l4 - m->l3) :
		ntohs(((struct ipv6hdr *)(h + m->l3))->payload_len);
	__wsum sum;

	if (len > f->len - m->l4)
		return true;
	if (m->proto == IPPROTO_UDP && m->ver == 4 &&
	    !((const struct udphdr *)(h + m->l4))->check)
		return true;
	if (!qnic_frame_sum(f, m->l4, len, &sum))
		return false;
	*flags |= qnic_pseudo(h, m, len, sum) ? QNIC_RX_CSUM_BAD : QNIC_RX_CSUM_OK;
	return true;
}

/* Compute the checksum that the sender offloaded. */
static bool qnic_fill_csum(const struct qnic_frame *f, u8 *h, u32 hlen,
			   const struct qnic_tx_desc *d)
{
	u32 at = d->csum_start + d->csum_off;
	__wsum sum;
	__sum16 c;

	if (at + sizeof(c) > hlen || d->csum_start >= f->len ||
	    !qnic_frame_sum(f, d->csum_start, f->len - d->csum_start, &sum))
		return false;
	c = csum_fold(sum);
	put_unaligned(c ? c : CSUM_MANGLED_0, (__sum16 *)(h + at));
	return true;
}

/* Send one frame to a device; return false if descriptor or memory is invalid. */
bool qnic_frame_send(struct qnic_hw *to, const struct qnic_frame *f,
		     const struct qnic_tx_desc *d, bool corrupt)
{
	u8 h[QNIC_SLOT] __aligned(8);
	u32 hlen = min_t(u32, f->len, QNIC_SLOT);
	struct qnic_piece piece = { .h = h, .corrupt = corrupt };
	struct qnic_meta m;

	if (!qnic_frame_read(f, 0, h, hlen))
		return false;
	qnic_parse(h, hlen, &m);
	piece.hlen = m.pay;
	piece.off = m.pay;
	piece.len = f->len - m.pay;
	piece.cqe.segs = 1;

	if (d->flags & QNIC_TX_TSO) {
		if (!m.l4 || m.proto != IPPROTO_TCP || !piece.len || !d->mss)
			return false;
		if (!(READ_ONCE(to->gro)))
			return qnic_segment(to, f, h, &m, d->mss, corrupt);
		piece.cqe.segs = DIV_ROUND_UP(piece.len, d->mss);
		piece.cqe.mss = d->mss;
		piece.cqe.flags = QNIC_RX_GRO;
		if (((struct tcphdr *)(h + m.l4))->cwr)
			piece.cqe.flags |= QNIC_RX_CWR;
		if (m.ver == 6)
			piece.cqe.flags |= QNIC_RX_IPV6;
		piece.cqe.csum_start = d->csum_start;
		piece.cqe.csum_off = d->csum_off;
	} else if (d->flags & QNIC_TX_CSUM) {
		if (!qnic_fill_csum(f, h, hlen, d))
			return false;
		if (m.l4)
			piece.cqe.flags = QNIC_RX_CSUM_OK;
	} else if (m.l4 && !qnic_verify(f, h, &m, &piece.cqe.flags)) {
		return false;
	}
	qnic_place(to, f, &m, &piece);
	return true;
}
