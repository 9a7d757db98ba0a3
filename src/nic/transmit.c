// SPDX-License-Identifier: GPL-2.0
/* The driver's transmit side: descriptors, doorbell, completions. */
#include <linux/etherdevice.h>
#include <linux/log2.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>

#include "qnic.h"

#define QNIC_TX_NEED	(MAX_SKB_FRAGS + 1)

static u32 qnic_tx_free(const struct qnic_txq *q)
{
	return q->size - (READ_ONCE(q->head) - READ_ONCE(q->tail));
}

static void qnic_tx_unmap(struct qnic_txq *q, struct qnic_tx_buf *b)
{
	struct device *dev = q->port->dma_dev;

	if (b->head)
		dma_unmap_single(dev, b->addr, b->len, DMA_TO_DEVICE);
	else if (b->mapped)
		dma_unmap_page(dev, b->addr, b->len, DMA_TO_DEVICE);
	b->head = false;
	b->mapped = false;
}

static void qnic_tx_count(struct qnic_txq *q, const struct sk_buff *skb)
{
	u32 segs = 1, bytes = skb->len, frags = 0, unread = 0;
	u64_stats_t *st = q->stat;
	int i;

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		if (!skb_frag_is_net_iov(frag))
			continue;
		frags++;
		unread += skb_frag_size(frag);
	}
	u64_stats_update_begin(&q->sync);
	if (skb_is_gso(skb)) {
		segs = skb_shinfo(skb)->gso_segs;
		bytes += (segs - 1) * skb_tcp_all_headers(skb);
		u64_stats_inc(&st[QNIC_TX_GSO_PACKETS]);
		u64_stats_add(&st[QNIC_TX_GSO_BYTES], skb->len);
		u64_stats_add(&st[QNIC_TX_GSO_WIRE_PACKETS], segs);
		u64_stats_add(&st[QNIC_TX_GSO_WIRE_BYTES], bytes);
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		u64_stats_inc(&st[QNIC_TX_NEEDS_CSUM]);
	else
		u64_stats_inc(&st[QNIC_TX_CSUM_NONE]);
	u64_stats_add(&st[QNIC_TX_PACKETS], segs);
	u64_stats_add(&st[QNIC_TX_BYTES], bytes);
	u64_stats_add(&st[QNIC_TX_UNREAD_FRAGS], frags);
	u64_stats_add(&st[QNIC_TX_UNREAD_BYTES], unread);
	u64_stats_update_end(&q->sync);
}

static void qnic_xmit_inc(struct qnic_txq *q, enum qnic_xmit_stat stat)
{
	u64_stats_update_begin(&q->xmit_sync);
	u64_stats_inc(&q->xmit_stat[stat]);
	u64_stats_update_end(&q->xmit_sync);
}

static unsigned int qnic_tx_index(const struct qnic_txq *q)
{
	return q - q->port->txq;
}

static void qnic_tx_doorbell(struct qnic_txq *q)
{
	qnic_hw_tx_doorbell(&q->port->hw, qnic_tx_index(q), q->head);
}

/* Reclaim completed descriptors. */
void qnic_tx_clean(struct qnic_txq *q, int budget)
{
	struct netdev_queue *txq;
	u32 done, tail = q->tail, bytes = 0, packets = 0;

	if (!q->done)
		return;
	/* pairs with the release in qnic_bus_write32() */
	done = smp_load_acquire(q->done);
	for (; tail != done; tail++) {
		struct qnic_tx_buf *b = &q->buf[tail & (q->size - 1)];

		qnic_tx_unmap(q, b);
		if (!b->skb)
			continue;
		qnic_tx_count(q, b->skb);
		bytes += b->skb->len;
		packets++;
		napi_consume_skb(b->skb, budget);
		b->skb = NULL;
	}
	if (tail == q->tail)
		return;
	WRITE_ONCE(q->tail, tail);
	txq = netdev_get_tx_queue(q->port->dev, qnic_tx_index(q));
	if (!__netif_txq_completed_wake(txq, packets, bytes, qnic_tx_free(q),
					2 * QNIC_TX_NEED, false)) {
		u64_stats_update_begin(&q->sync);
		u64_stats_inc(&q->stat[QNIC_TX_WAKE]);
		u64_stats_update_end(&q->sync);
	}
}

/* Map one part of a frame to the descriptor at q->head + n. */
static bool qnic_tx_map(struct qnic_txq *q, u32 n, struct sk_buff *skb,
			const skb_frag_t *frag)
{
	struct device *dev = q->port->dma_dev;
	u32 i = (q->head + n) & (q->size - 1);
	struct qnic_tx_buf *b = &q->buf[i];

	if (frag) {
		b->len = skb_frag_size(frag);
		b->addr = skb_frag_dma_map(dev, frag, 0, b->len, DMA_TO_DEVICE);
	} else {
		b->len = skb_headlen(skb);
		b->addr = dma_map_single(dev, skb->data, b->len, DMA_TO_DEVICE);
	}
	if (dma_mapping_error(dev, b->addr))
		return false;
	b->head = !frag;
	b->mapped = frag && !skb_frag_is_net_iov(frag);
	q->desc[i] = (struct qnic_tx_desc) { .addr = b->addr, .len = b->len };
	return true;
}

static void qnic_tx_offloads(struct qnic_tx_desc *d, const struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		d->flags |= QNIC_TX_CSUM;
		d->csum_start = skb_checksum_start_offset(skb);
		d->csum_off = skb->csum_offset;
	}
	if (skb_is_gso(skb)) {
		d->flags |= QNIC_TX_TSO;
		d->mss = skb_shinfo(skb)->gso_size;
	}
}

netdev_tx_t qnic_xmit(struct sk_buff *skb, struct net_device *dev)
{
	u32 i = skb_get_queue_mapping(skb), n, nr = skb_shinfo(skb)->nr_frags;
	struct qnic_port *p = netdev_priv(dev);
	struct qnic_txq *q = &p->txq[i];
	struct netdev_queue *txq = netdev_get_tx_queue(dev, i);
	bool more = netdev_xmit_more();

	if (unlikely(qnic_tx_free(q) < nr + 1)) {
		netif_tx_stop_queue(txq);
		return NETDEV_TX_BUSY;
	}
	for (n = 0; n <= nr; n++) {
		if (qnic_tx_map(q, n, skb, n ? &skb_shinfo(skb)->frags[n - 1] : NULL))
			continue;
		while (n--)
			qnic_tx_unmap(q, &q->buf[(q->head + n) & (q->size - 1)]);
		qnic_xmit_inc(q, QNIC_XMIT_DROPPED);
		dev_kfree_skb_any(skb);
		if (!more)
			qnic_tx_doorbell(q);
		return NETDEV_TX_OK;
	}
	qnic_tx_offloads(&q->desc[q->head & (q->size - 1)], skb);
	i = (q->head + nr) & (q->size - 1);
	q->desc[i].flags |= QNIC_TX_EOP;
	q->buf[i].skb = skb;
	skb_tx_timestamp(skb);
	WRITE_ONCE(q->head, q->head + nr + 1);
	more = !__netdev_tx_sent_queue(txq, skb->len, more);
	if (!netif_txq_maybe_stop(txq, qnic_tx_free(q), QNIC_TX_NEED,
				  2 * QNIC_TX_NEED)) {
		qnic_xmit_inc(q, QNIC_XMIT_STOP);
		more = false;
	}
	if (!more)
		qnic_tx_doorbell(q);
	return NETDEV_TX_OK;
}

int qnic_txq_start(struct qnic_txq *q, u32 size)
{
	struct device *dev = q->port->dma_dev;

	q->size = size;
	q->head = 0;
	q->tail = 0;
	q->desc = dma_alloc_coherent(dev, size * sizeof(*q->desc), &q->desc_dma,
				     GFP_KERNEL);
	q->done = dma_alloc_coherent(dev, sizeof(*q->done), &q->done_dma,
				     GFP_KERNEL);
	q->buf = kvcalloc(size, sizeof(*q->buf), GFP_KERNEL);
	if (q->desc && q->done && q->buf &&
	    !qnic_hw_tx_start(&q->port->hw, qnic_tx_index(q), q->desc_dma,
			      q->done_dma, size))
		return 0;
	qnic_txq_free(q);
	return -ENOMEM;
}

/* The hardware is stopped: drop frames that it did not complete. */
void qnic_txq_free(struct qnic_txq *q)
{
	struct device *dev = q->port->dma_dev;

	for (; q->buf && q->tail != q->head; q->tail++) {
		struct qnic_tx_buf *b = &q->buf[q->tail & (q->size - 1)];

		qnic_tx_unmap(q, b);
		if (!b->skb)
			continue;
		qnic_xmit_inc(q, QNIC_XMIT_DROPPED);
		dev_kfree_skb_any(b->skb);
		b->skb = NULL;
	}
	if (q->desc)
		dma_free_coherent(dev, q->size * sizeof(*q->desc), q->desc,
				  q->desc_dma);
	if (q->done)
		dma_free_coherent(dev, sizeof(*q->done), q->done, q->done_dma);
	kvfree(q->buf);
	q->desc = NULL;
	q->done = NULL;
	q->buf = NULL;
	netdev_tx_reset_queue(netdev_get_tx_queue(q->port->dev, qnic_tx_index(q)));
}
