// SPDX-License-Identifier: GPL-2.0
/* The driver's receive side: posting buffers, and completions to skbs. */
#include <linux/etherdevice.h>
#include <net/page_pool/helpers.h>

#include "qnic.h"

static void qnic_rx_inc(struct qnic_rxq *q, enum qnic_rx_stat stat)
{
	u64_stats_update_begin(&q->sync);
	u64_stats_inc(&q->stat[stat]);
	u64_stats_update_end(&q->sync);
}

/* Post buffers to a ring; the caller rings the doorbell. */
static bool qnic_rx_fill(struct qnic_port *p, struct qnic_rxmem *mem,
			 struct qnic_rx_ring *r, struct page_pool *pp, gfp_t gfp)
{
	u32 size = mem->ctx.size, head = r->head, len = PAGE_SIZE << pp->p.order;

	while (head - r->tail < size) {
		u32 i = head & (size - 1);
		netmem_ref nm = 0;

		if (!qnic_fault(&p->hw.faults, QNIC_FAIL_ALLOC))
			nm = page_pool_alloc_netmems(pp, gfp | __GFP_NOWARN);
		if (!nm)
			break;
		r->buf[i] = nm;
		r->desc[i].addr = page_pool_get_dma_addr_netmem(nm);
		r->desc[i].len = len;
		head++;
	}
	r->head = head;
	return head - r->tail == size;
}

static netmem_ref qnic_rx_take(struct qnic_rxmem *mem, struct qnic_rx_ring *r)
{
	return r->buf[r->tail++ & (mem->ctx.size - 1)];
}

static int qnic_ring_alloc(struct qnic_port *p, struct qnic_rxmem *mem,
			   struct qnic_rx_ring *r, struct qnic_hw_ring *hw)
{
	u32 size = mem->ctx.size;

	r->desc = dma_alloc_coherent(p->dma_dev, size * sizeof(*r->desc),
				     &hw->desc, GFP_KERNEL);
	r->buf = kvcalloc(size, sizeof(*r->buf), GFP_KERNEL);
	return r->desc && r->buf ? 0 : -ENOMEM;
}

static void qnic_ring_free(struct qnic_port *p, struct qnic_rxmem *mem,
			   struct qnic_rx_ring *r, struct qnic_hw_ring *hw,
			   struct page_pool *pp)
{
	while (r->buf && r->tail != r->head)
		page_pool_put_full_netmem(pp, qnic_rx_take(mem, r), false);
	if (r->desc)
		dma_free_coherent(p->dma_dev, mem->ctx.size * sizeof(*r->desc),
				  r->desc, hw->desc);
	kvfree(r->buf);
}

void qnic_rxmem_free(struct qnic_port *p, struct qnic_rxmem *mem)
{
	struct qnic_hw_rxctx *ctx = &mem->ctx;

	qnic_ring_free(p, mem, &mem->data, &ctx->data, mem->pp);
	qnic_ring_free(p, mem, &mem->spare, &ctx->spare, mem->aux);
	if (mem->slots)
		dma_free_coherent(p->dma_dev, ctx->size * QNIC_SLOT, mem->slots,
				  ctx->slots);
	if (mem->cq)
		dma_free_coherent(p->dma_dev, ctx->size * sizeof(*mem->cq),
				  mem->cq, ctx->cq);
	page_pool_destroy(mem->pp);
	page_pool_destroy(mem->aux);
	memset(mem, 0, sizeof(*mem));
}

static int qnic_pools_create(struct qnic_port *p, struct qnic_rxmem *mem, int idx)
{
	struct page_pool_params pp = {
		.flags		= PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
		.order		= get_order(mem->ctx.buf_size),
		.pool_size	= mem->ctx.size,
		.nid		= NUMA_NO_NODE,
		.dev		= p->dma_dev,
		.dma_dir	= DMA_FROM_DEVICE,
		.max_len	= mem->ctx.buf_size,
		.netdev		= p->dev,
		.queue_idx	= idx,
	};
	struct page_pool *pool;

	if (mem->ctx.hds && !mem->ctx.hds_thresh)
		pp.flags |= PP_FLAG_ALLOW_UNREADABLE_NETMEM;
	pool = page_pool_create(&pp);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	mem->pp = pool;
	mem->unreadable = page_pool_is_unreadable(pool);
	if (!mem->unreadable)
		return 0;
	/* frames that cannot be split need readable memory */
	pp.flags &= ~PP_FLAG_ALLOW_UNREADABLE_NETMEM;
	pp.order = 0;
	pp.max_len = PAGE_SIZE;
	pool = page_pool_create(&pp);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	mem->aux = pool;
	mem->ctx.use_spare = true;
	return 0;
}

int qnic_rxmem_alloc(struct qnic_port *p, struct qnic_rxmem *mem, int idx,
		     u32 buf_size)
{
	struct qnic_hw_rxctx *ctx = &mem->ctx;
	int err;

	memset(mem, 0, sizeof(*mem));
	ctx->size = p->rx_size;
	ctx->hds = p->hds;
	ctx->hds_thresh = p->hds_thresh;
	ctx->buf_size = buf_size;
	err = qnic_pools_create(p, mem, idx);
	if (err)
		goto err_free;
	err = -ENOMEM;
	mem->cq = dma_alloc_coherent(p->dma_dev, ctx->size * sizeof(*mem->cq),
				     &ctx->cq, GFP_KERNEL);
	mem->slots = dma_alloc_coherent(p->dma_dev, ctx->size * QNIC_SLOT,
					&ctx->slots, GFP_KERNEL);
	if (!mem->cq || !mem->slots ||
	    qnic_ring_alloc(p, mem, &mem->data, &ctx->data))
		goto err_free;
	if (mem->aux) {
		if (qnic_ring_alloc(p, mem, &mem->spare, &ctx->spare))
			goto err_free;
		qnic_rx_fill(p, mem, &mem->spare, mem->aux, GFP_KERNEL);
	}
	qnic_rx_fill(p, mem, &mem->data, mem->pp, GFP_KERNEL);
	if (mem->data.head == mem->data.tail)
		goto err_free;
	return 0;

err_free:
	qnic_rxmem_free(p, mem);
	return err;
}

static void qnic_rx_count(struct qnic_rxq *q, const struct qnic_cqe *c)
{
	u32 bytes = c->len + (c->segs - 1) * c->hdr_len;
	u64_stats_t *st = q->stat;

	u64_stats_update_begin(&q->sync);
	u64_stats_add(&st[QNIC_RX_PACKETS], c->segs);
	u64_stats_add(&st[QNIC_RX_BYTES], bytes);
	if (c->flags & QNIC_RX_GRO) {
		u64_stats_inc(&st[QNIC_RX_GRO_PACKETS]);
		u64_stats_add(&st[QNIC_RX_GRO_BYTES], c->len);
		u64_stats_add(&st[QNIC_RX_GRO_WIRE_PACKETS], c->segs);
		u64_stats_add(&st[QNIC_RX_GRO_WIRE_BYTES], bytes);
	}
	if (c->flags & QNIC_RX_SPLIT)
		u64_stats_inc(&st[QNIC_RX_SPLITS]);
	u64_stats_update_end(&q->sync);
}

static void qnic_rx_csum(struct qnic_rxq *q, const struct qnic_cqe *c,
			 struct sk_buff *skb)
{
	if (c->flags & QNIC_RX_CSUM_BAD)
		qnic_rx_inc(q, QNIC_RX_CSUM_WRONG);
	if (c->flags & QNIC_RX_GRO) {
		skb_partial_csum_set(skb, c->csum_start, c->csum_off);
		qnic_rx_inc(q, QNIC_RX_CSUM_UNNECESSARY);
	} else if (c->flags & QNIC_RX_CSUM_OK &&
		   q->port->dev->features & NETIF_F_RXCSUM) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		qnic_rx_inc(q, QNIC_RX_CSUM_UNNECESSARY);
	} else {
		qnic_rx_inc(q, QNIC_RX_CSUM_NONE);
	}
}

static void qnic_rx_offloads(struct qnic_rxq *q, const struct qnic_cqe *c,
			     struct sk_buff *skb)
{
	skb_record_rx_queue(skb, q - q->port->rxq);
	if (c->hash && q->port->dev->features & NETIF_F_RXHASH)
		skb_set_hash(skb, c->hash, c->flags & QNIC_RX_HASH_L4 ?
			     PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3);
	qnic_rx_csum(q, c, skb);
	if (c->flags & QNIC_RX_GRO) {
		skb_shinfo(skb)->gso_size = c->mss;
		skb_shinfo(skb)->gso_segs = c->segs;
		skb_shinfo(skb)->gso_type =
			(c->flags & QNIC_RX_IPV6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4) |
			(c->flags & QNIC_RX_CWR ? SKB_GSO_TCP_ECN : 0);
	}
}

/* Attach the buffers of a completion, or recycle them if there is no skb. */
static void qnic_rx_frags(struct qnic_rxq *q, const struct qnic_cqe *c,
			  struct sk_buff *skb)
{
	bool spare = c->flags & QNIC_RX_SPARE;
	struct qnic_rx_ring *r = spare ? &q->mem.spare : &q->mem.data;
	struct page_pool *pp = spare ? q->mem.aux : q->mem.pp;
	u32 left = c->len - c->hdr_len, size = PAGE_SIZE << pp->p.order;
	int i;

	for (i = 0; i < c->nbufs; i++) {
		netmem_ref nm = qnic_rx_take(&q->mem, r);
		u32 n = min(left, size);

		left -= n;
		if (!skb) {
			page_pool_put_full_netmem(pp, nm, true);
			continue;
		}
		page_pool_dma_sync_netmem_for_cpu(pp, nm, 0, n);
		skb_add_rx_frag_netmem(skb, i, nm, 0, n, size);
		if (netmem_is_net_iov(nm)) {
			u64_stats_update_begin(&q->sync);
			u64_stats_inc(&q->stat[QNIC_RX_UNREAD_FRAGS]);
			u64_stats_add(&q->stat[QNIC_RX_UNREAD_BYTES], n);
			u64_stats_update_end(&q->sync);
		}
	}
	if (skb && c->nbufs)
		skb_mark_for_recycle(skb);
}

static struct sk_buff *qnic_rx_build(struct qnic_rxq *q, const struct qnic_cqe *c,
				     const u8 *slot)
{
	bool blind = c->flags & QNIC_RX_CSUM_BAD && q->mem.unreadable &&
		     c->flags & QNIC_RX_SPLIT;
	struct sk_buff *skb = NULL;

	/* the stack cannot verify checksums of unreadable payload */
	if (blind) {
		qnic_rx_inc(q, QNIC_RX_CSUM_WRONG);
	} else {
		skb = napi_alloc_skb(&q->napi, c->hdr_len);
		if (skb)
			skb_put_data(skb, slot, c->hdr_len);
		else
			qnic_rx_inc(q, QNIC_RX_ALLOC_FAIL);
	}
	qnic_rx_frags(q, c, skb);
	if (!skb)
		return NULL;
	qnic_rx_offloads(q, c, skb);
	skb->protocol = eth_type_trans(skb, q->port->dev);
	return skb;
}

static void qnic_rx_refill(struct qnic_rxq *q)
{
	struct qnic_rxmem *mem = &q->mem;

	if (!qnic_rx_fill(q->port, mem, &mem->data, mem->pp, GFP_ATOMIC))
		qnic_rx_inc(q, QNIC_RX_ALLOC_FAIL);
	qnic_hw_rx_post(&q->hw->ctx.data, mem->data.head);
	if (!mem->aux)
		return;
	if (!qnic_rx_fill(q->port, mem, &mem->spare, mem->aux, GFP_ATOMIC))
		qnic_rx_inc(q, QNIC_RX_ALLOC_FAIL);
	qnic_hw_rx_post(&q->hw->ctx.spare, mem->spare.head);
}

int qnic_poll(struct napi_struct *napi, int budget)
{
	struct qnic_rxq *q = container_of(napi, struct qnic_rxq, napi);
	struct qnic_rxmem *mem = &q->mem;
	int done = 0;

	qnic_tx_clean(&q->port->txq[q - q->port->rxq], budget);
	while (done < budget && mem->cq_tail != qnic_hw_rx_head(q->hw)) {
		u32 i = mem->cq_tail & (mem->ctx.size - 1);
		const struct qnic_cqe *c = &mem->cq[i];
		struct sk_buff *skb = qnic_rx_build(q, c, mem->slots + i * QNIC_SLOT);

		qnic_rx_count(q, c);
		qnic_hw_rx_taken(q->hw, ++mem->cq_tail);
		if (skb)
			napi_gro_receive(napi, skb);
		done++;
	}
	if (budget)
		qnic_rx_refill(q);
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}
