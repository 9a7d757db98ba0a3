// SPDX-License-Identifier: GPL-2.0
/* Placing a frame into the buffers posted by the receiving driver. */
#include <linux/in.h>

#include "hw_frame.h"

/* Copy payload from the frame at piece->off into buffers of ring. */
static bool qnic_place_payload(struct qnic_hw *to, const struct qnic_hw_rxctx *mem,
			       const struct qnic_hw_ring *ring,
			       const struct qnic_frame *f,
			       const struct qnic_piece *piece,
			       struct qnic_cqe *cqe)
{
	u32 off = piece->off, left = piece->len;

	while (left) {
		u32 i = (ring->used + cqe->nbufs) & (mem->size - 1), n;
		struct qnic_rx_desc desc;
		u8 last;

		if (!qnic_bus_read(to->bus, ring->desc + i * sizeof(desc),
				   &desc, sizeof(desc)) || !desc.len)
			return false;
		n = min(left, desc.len);
		if (!qnic_frame_copy(f, off, to->bus, desc.addr, n))
			return false;
		off += n;
		left -= n;
		cqe->nbufs++;
		if (left || !piece->corrupt)
			continue;
		if (!qnic_frame_read(f, off - 1, &last, 1))
			return false;
		last = ~last;
		if (!qnic_bus_write(to->bus, desc.addr + n - 1, &last, 1))
			return false;
	}
	return true;
}

/* Headers, and a payload small enough, go into the completion's own slot. */
static bool qnic_place_slot(struct qnic_hw *to, dma_addr_t slot,
			    const struct qnic_frame *f,
			    const struct qnic_piece *piece, bool whole)
{
	u8 last;

	if (!qnic_bus_write(to->bus, slot, piece->h, piece->hlen))
		return false;
	if (!whole)
		return true;
	if (piece->len && !qnic_frame_copy(f, piece->off, to->bus,
					   slot + piece->hlen, piece->len))
		return false;
	if (!piece->corrupt)
		return true;
	slot += piece->hlen + piece->len - 1;
	if (!qnic_bus_read(to->bus, slot, &last, 1))
		return false;
	last = ~last;
	return qnic_bus_write(to->bus, slot, &last, 1);
}

static void qnic_place_count(struct qnic_hw_rxq *q, enum qnic_hw_rx_stat stat)
{
	u64_stats_update_begin(&q->sync);
	u64_stats_inc(&q->stat[stat]);
	u64_stats_update_end(&q->sync);
}

static bool qnic_place_locked(struct qnic_hw *to, struct qnic_hw_rxq *q,
			      const struct qnic_frame *f,
			      const struct qnic_meta *m,
			      const struct qnic_piece *piece)
{
	struct qnic_hw_rxctx *mem = &q->ctx;
	u32 at = mem->cq_head & (mem->size - 1);
	struct qnic_hw_ring *ring = NULL;
	struct qnic_cqe cqe = piece->cqe;
	bool split, whole;
	u32 room;

	/* pairs with the release in qnic_hw_rx_taken() */
	if (mem->cq_head - smp_load_acquire(&mem->cq_tail) >= mem->size)
		goto no_buf;
	split = mem->hds && m->l4 && m->proto == IPPROTO_TCP &&
		piece->len > mem->hds_thresh;
	whole = !split && piece->hlen + piece->len <= QNIC_SLOT;
	if (!whole) {
		ring = !split && mem->use_spare ? &mem->spare : &mem->data;
		room = ring == &mem->spare ? PAGE_SIZE : mem->buf_size;
		/* pairs with the release in qnic_hw_rx_post() */
		if (smp_load_acquire(&ring->head) - ring->used <
		    DIV_ROUND_UP(piece->len, room) ||
		    DIV_ROUND_UP(piece->len, room) > MAX_SKB_FRAGS)
			goto no_buf;
	}
	cqe.len = piece->hlen + piece->len;
	cqe.hdr_len = whole ? cqe.len : piece->hlen;
	cqe.hash = m->hash;
	if (m->hash_l4)
		cqe.flags |= QNIC_RX_HASH_L4;
	if (split)
		cqe.flags |= QNIC_RX_SPLIT;
	if (ring == &mem->spare)
		cqe.flags |= QNIC_RX_SPARE;
	if (piece->corrupt) {
		/* the sender's checksum no longer covers this data */
		cqe.flags &= ~(QNIC_RX_CSUM_OK | QNIC_RX_GRO);
		if (m->l4)
			cqe.flags |= QNIC_RX_CSUM_BAD;
	}
	if (!qnic_place_slot(to, mem->slots + at * QNIC_SLOT, f, piece, whole))
		return false;
	if (ring && !qnic_place_payload(to, mem, ring, f, piece, &cqe))
		return false;
	if (!qnic_bus_write(to->bus, mem->cq + at * sizeof(cqe), &cqe,
			    sizeof(cqe)))
		return false;
	if (ring)
		ring->used += cqe.nbufs;
	/* the completion must be seen before the new head */
	smp_store_release(&mem->cq_head, mem->cq_head + 1);
	return true;

no_buf:
	qnic_place_count(q, QNIC_HW_RX_NO_BUF);
	return true;
}

void qnic_place(struct qnic_hw *to, const struct qnic_frame *f,
		const struct qnic_meta *meta, const struct qnic_piece *piece)
{
	struct qnic_meta m = *meta;
	struct qnic_hw_rxq *q;
	int i = qnic_steer(to, piece->h, &m);

	if (i < 0)
		return;
	q = &to->rxq[i];
	spin_lock(&q->lock);
	if (!q->active) {
		spin_unlock(&q->lock);
		return;
	}
	if (!qnic_place_locked(to, q, f, &m, piece))
		qnic_place_count(q, QNIC_HW_RX_ERRORS);
	spin_unlock(&q->lock);
	/* even without a buffer, so that the driver posts some */
	to->interrupt(to, i);
}

void qnic_hw_rx_start(struct qnic_hw *hw, unsigned int i,
		      const struct qnic_hw_rxctx *ctx)
{
	struct qnic_hw_rxq *q = &hw->rxq[i];

	spin_lock_bh(&q->lock);
	q->ctx = *ctx;
	q->active = true;
	spin_unlock_bh(&q->lock);
}

void qnic_hw_rx_stop(struct qnic_hw *hw, unsigned int i,
		     struct qnic_hw_rxctx *ctx)
{
	struct qnic_hw_rxq *q = &hw->rxq[i];

	spin_lock_bh(&q->lock);
	q->active = false;
	spin_unlock_bh(&q->lock);
	*ctx = q->ctx;
}
