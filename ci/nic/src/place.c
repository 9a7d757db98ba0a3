// SPDX-License-Identifier: GPL-2.0
/* Putting a frame into the buffers that the receiving port's driver posted. */
#include <linux/ip.h>

#include "qnic.h"

/* The payload into buffers of ring, from the frame at piece->off. */
static bool qnic_place_payload(struct qnic_port *to, const struct qnic_rxmem *mem,
			       const struct qnic_rx_ring *ring,
			       const struct qnic_frame *f,
			       const struct qnic_piece *piece,
			       struct qnic_cqe *cqe)
{
	u32 off = piece->off, left = piece->len;

	while (left) {
		u32 i = (ring->used + cqe->nbufs) & (mem->size - 1), n;
		struct qnic_rx_desc desc;
		u8 last;

		if (!qnic_bus_read(to->bus, ring->desc_dma + i * sizeof(desc),
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
static bool qnic_place_slot(struct qnic_port *to, dma_addr_t slot,
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

static bool qnic_place_locked(struct qnic_port *to, struct qnic_rxq *q,
			      const struct qnic_frame *f,
			      const struct qnic_meta *m,
			      const struct qnic_piece *piece)
{
	struct qnic_rxmem *mem = &q->mem;
	u32 at = mem->cq_head & (mem->size - 1);
	struct qnic_rx_ring *ring = NULL;
	struct qnic_cqe cqe = piece->cqe;
	bool split, whole;
	u32 room;

	/* pairs with the release in qnic_poll() */
	if (mem->cq_head - smp_load_acquire(&mem->cq_tail) >= mem->size)
		goto no_buf;
	split = mem->hds && m->l4 && m->proto == IPPROTO_TCP &&
		piece->len > mem->hds_thresh;
	whole = !split && piece->hlen + piece->len <= QNIC_SLOT;
	if (!whole) {
		ring = !split && mem->unreadable ? &mem->spare : &mem->data;
		room = ring == &mem->spare ? PAGE_SIZE : mem->buf_size;
		/* pairs with the release in qnic_rx_fill() */
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
		/* what came is no longer what the sender summed up */
		cqe.flags &= ~(QNIC_RX_CSUM_OK | QNIC_RX_GRO);
		if (m->l4)
			cqe.flags |= QNIC_RX_CSUM_BAD;
	}
	if (!qnic_place_slot(to, mem->slots_dma + at * QNIC_SLOT, f, piece, whole))
		return false;
	if (ring && !qnic_place_payload(to, mem, ring, f, piece, &cqe))
		return false;
	if (!qnic_bus_write(to->bus, mem->cq_dma + at * sizeof(cqe), &cqe,
			    sizeof(cqe)))
		return false;
	if (ring)
		ring->used += cqe.nbufs;
	/* the completion must be seen before the new head */
	smp_store_release(&mem->cq_head, mem->cq_head + 1);
	return true;

no_buf:
	q->stats.no_buf++;
	return true;
}

void qnic_place(struct qnic_port *to, const struct qnic_frame *f,
		const struct qnic_meta *meta, const struct qnic_piece *piece)
{
	struct qnic_meta m = *meta;
	struct qnic_rxq *q;
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
		q->stats.errors++;
	spin_unlock(&q->lock);
	/* also when there was no buffer: let the driver post some */
	napi_schedule(&q->napi);
}
