// SPDX-License-Identifier: GPL-2.0
/* Starting and stopping queues: all of them, or one for the kernel's queue
 * management (memory providers, leases).
 */
#include <linux/log2.h>
#include <net/netdev_lock.h>
#include <net/page_pool/helpers.h>

#include "qnic.h"

static void qnic_rxq_start(struct qnic_port *p, struct qnic_rxmem *mem, int idx)
{
	struct qnic_rxq *q = &p->rxq[idx];

	q->mem = *mem;
	mem = &q->mem;
	page_pool_enable_direct_recycling(mem->pp, &q->napi);
	if (mem->aux)
		page_pool_enable_direct_recycling(mem->aux, &q->napi);
	/* restore the driver's doorbells; the rest is as the device left it */
	mem->ctx.data.head = mem->data.head;
	mem->ctx.spare.head = mem->spare.head;
	mem->ctx.cq_tail = mem->cq_tail;
	/* before NAPI, which reads the number of completions */
	qnic_hw_rx_start(&p->hw, idx, &mem->ctx);
	napi_enable_locked(&q->napi);
	/* completions may have come while NAPI was off */
	local_bh_disable();
	napi_schedule(&q->napi);
	local_bh_enable();
}

static void qnic_rxq_stop(struct qnic_port *p, struct qnic_rxmem *mem, int idx)
{
	struct qnic_rxq *q = &p->rxq[idx];
	struct qnic_hw_rxctx ctx;

	qnic_hw_rx_stop(&p->hw, idx, &ctx);
	napi_disable_locked(&q->napi);
	page_pool_disable_direct_recycling(q->mem.pp);
	if (q->mem.aux)
		page_pool_disable_direct_recycling(q->mem.aux);
	*mem = q->mem;
	mem->ctx = ctx;
	memset(&q->mem, 0, sizeof(q->mem));
}

/* ---- all queues ---------------------------------------------------------- */

static void qnic_link_napi(struct net_device *dev, int i, struct napi_struct *napi)
{
	netif_queue_set_napi(dev, i, NETDEV_QUEUE_TYPE_RX, napi);
	netif_queue_set_napi(dev, i, NETDEV_QUEUE_TYPE_TX, napi);
}

static void qnic_down_queues(struct net_device *dev, unsigned int n)
{
	struct qnic_port *p = netdev_priv(dev);
	struct qnic_rxmem mem;
	unsigned int i;

	netif_tx_disable(dev);
	for (i = 0; i < n; i++)
		qnic_hw_tx_stop(&p->hw, i);
	for (i = 0; i < n; i++) {
		qnic_link_napi(dev, i, NULL);
		qnic_rxq_stop(p, &mem, i);
		qnic_rxmem_free(p, &mem);
	}
	/* NAPI may have woken a queue before it was stopped itself */
	netif_tx_disable(dev);
	for (i = 0; i < n; i++)
		qnic_txq_free(&p->txq[i]);
}

void qnic_down(struct net_device *dev)
{
	struct qnic_port *p = netdev_priv(dev);

	if (p->up)
		qnic_down_queues(dev, dev->real_num_rx_queues);
	p->up = false;
}

int qnic_up(struct net_device *dev)
{
	struct qnic_port *p = netdev_priv(dev);
	struct netdev_queue_config cfg;
	struct qnic_rxmem mem;
	unsigned int i;
	int err;

	WRITE_ONCE(p->hw.queues, dev->real_num_rx_queues);
	for (i = 0; i < dev->real_num_rx_queues; i++) {
		netdev_queue_config(dev, i, &cfg);
		err = qnic_rxmem_alloc(p, &mem, i, cfg.rx_page_size);
		if (err)
			goto err_down;
		err = qnic_txq_start(&p->txq[i], p->tx_size);
		if (err) {
			qnic_rxmem_free(p, &mem);
			goto err_down;
		}
		qnic_rxq_start(p, &mem, i);
		qnic_link_napi(dev, i, &p->rxq[i].napi);
	}
	p->up = true;
	netif_tx_wake_all_queues(dev);
	return 0;

err_down:
	qnic_down_queues(dev, i);
	return err;
}

/* ---- one queue, for the kernel's queue management ------------------------ */

static int qnic_queue_mem_alloc(struct net_device *dev,
				struct netdev_queue_config *cfg, void *mem, int idx)
{
	return qnic_rxmem_alloc(netdev_priv(dev), mem, idx, cfg->rx_page_size);
}

static void qnic_queue_mem_free(struct net_device *dev, void *mem)
{
	qnic_rxmem_free(netdev_priv(dev), mem);
}

static int qnic_queue_start(struct net_device *dev,
			    struct netdev_queue_config *cfg, void *mem, int idx)
{
	struct qnic_port *p = netdev_priv(dev);

	if (qnic_fault_restart(&p->hw.faults))
		return -EIO;
	qnic_rxq_start(p, mem, idx);
	return 0;
}

static int qnic_queue_stop(struct net_device *dev, void *mem, int idx)
{
	struct qnic_port *p = netdev_priv(dev);

	/* changing the rings failed, and so did restoring them */
	if (!p->up)
		return -ENETDOWN;
	qnic_rxq_stop(p, mem, idx);
	return 0;
}

static void __maybe_unused qnic_default_qcfg(struct net_device *dev,
					     struct netdev_queue_config *cfg)
{
	cfg->rx_page_size = PAGE_SIZE;
}

static int __maybe_unused qnic_validate_qcfg(struct net_device *dev,
					     struct netdev_queue_config *cfg,
					     struct netlink_ext_ack *extack)
{
	if (is_power_of_2(cfg->rx_page_size) && cfg->rx_page_size >= PAGE_SIZE &&
	    cfg->rx_page_size <= QNIC_BUF_MAX)
		return 0;
	NL_SET_ERR_MSG(extack, "rx_page_size out of range");
	return -ERANGE;
}

QNIC_QUEUE_WRAPPERS(qnic_queue_mem_alloc, qnic_queue_start)

const struct netdev_queue_mgmt_ops qnic_queue_ops = {
	.ndo_queue_mem_size	= sizeof(struct qnic_rxmem),
	.ndo_queue_mem_alloc	= QNIC_QUEUE_WRAPPER(qnic_queue_mem_alloc),
	.ndo_queue_mem_free	= qnic_queue_mem_free,
	.ndo_queue_start	= QNIC_QUEUE_WRAPPER(qnic_queue_start),
	.ndo_queue_stop		= qnic_queue_stop,
	QNIC_QCFG_OPS(qnic_default_qcfg, qnic_validate_qcfg)
	QNIC_QCFG_PARAMS
};
