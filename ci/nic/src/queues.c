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
	page_pool_enable_direct_recycling(q->mem.pp, &q->napi);
	if (q->mem.aux)
		page_pool_enable_direct_recycling(q->mem.aux, &q->napi);
	napi_enable_locked(&q->napi);
	spin_lock_bh(&q->lock);
	q->active = true;
	spin_unlock_bh(&q->lock);
	/* transmit completions may have come while NAPI was off */
	local_bh_disable();
	napi_schedule(&q->napi);
	local_bh_enable();
}

static void qnic_rxq_stop(struct qnic_port *p, struct qnic_rxmem *mem, int idx)
{
	struct qnic_rxq *q = &p->rxq[idx];

	spin_lock_bh(&q->lock);
	q->active = false;
	spin_unlock_bh(&q->lock);
	napi_disable_locked(&q->napi);
	page_pool_disable_direct_recycling(q->mem.pp);
	if (q->mem.aux)
		page_pool_disable_direct_recycling(q->mem.aux);
	*mem = q->mem;
	memset(&q->mem, 0, sizeof(q->mem));
}

/* ---- all queues ---------------------------------------------------------- */

static void qnic_queue_config(struct net_device *dev, int idx,
			      struct netdev_queue_config *cfg)
{
#ifdef QNIC_HAVE_QCFG
	netdev_queue_config(dev, idx, cfg);
#else
	cfg->rx_page_size = PAGE_SIZE;
#endif
}

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
		qnic_txhw_stop(&p->txq[i]);
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

	for (i = 0; i < dev->real_num_rx_queues; i++) {
		qnic_queue_config(dev, i, &cfg);
		err = qnic_txq_alloc(&p->txq[i], p->tx_size);
		if (err)
			goto err_down;
		err = qnic_rxmem_alloc(p, &mem, i, cfg.rx_page_size);
		if (err) {
			qnic_txq_free(&p->txq[i]);
			goto err_down;
		}
		qnic_txhw_start(&p->txq[i]);
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

static int qnic_queue_start(struct net_device *dev, void *mem, int idx)
{
	struct qnic_port *p = netdev_priv(dev);

	if (atomic_dec_if_positive(&p->faults.refuse_restart) >= 0) {
		atomic64_inc(&p->faults.restarts_refused);
		return -EIO;
	}
	qnic_rxq_start(p, mem, idx);
	return 0;
}

static int qnic_queue_stop(struct net_device *dev, void *mem, int idx)
{
	struct qnic_port *p = netdev_priv(dev);

	/* a change of the rings failed and so did the way back */
	if (!p->up)
		return -ENETDOWN;
	qnic_rxq_stop(p, mem, idx);
	return 0;
}

static void qnic_queue_mem_free(struct net_device *dev, void *mem)
{
	qnic_rxmem_free(netdev_priv(dev), mem);
}

#ifdef QNIC_HAVE_QCFG

static int qnic_queue_mem_alloc_cfg(struct net_device *dev,
				    struct netdev_queue_config *cfg,
				    void *mem, int idx)
{
	return qnic_rxmem_alloc(netdev_priv(dev), mem, idx, cfg->rx_page_size);
}

static int qnic_queue_start_cfg(struct net_device *dev,
				struct netdev_queue_config *cfg,
				void *mem, int idx)
{
	return qnic_queue_start(dev, mem, idx);
}

static void qnic_default_qcfg(struct net_device *dev,
			      struct netdev_queue_config *cfg)
{
	cfg->rx_page_size = PAGE_SIZE;
}

static int qnic_validate_qcfg(struct net_device *dev,
			      struct netdev_queue_config *cfg,
			      struct netlink_ext_ack *extack)
{
	if (is_power_of_2(cfg->rx_page_size) && cfg->rx_page_size >= PAGE_SIZE &&
	    cfg->rx_page_size <= QNIC_BUF_MAX)
		return 0;
	NL_SET_ERR_MSG(extack, "rx_page_size out of range");
	return -ERANGE;
}

const struct netdev_queue_mgmt_ops qnic_queue_ops = {
	.ndo_queue_mem_size	= sizeof(struct qnic_rxmem),
	.ndo_queue_mem_alloc	= qnic_queue_mem_alloc_cfg,
	.ndo_queue_mem_free	= qnic_queue_mem_free,
	.ndo_queue_start	= qnic_queue_start_cfg,
	.ndo_queue_stop		= qnic_queue_stop,
	.ndo_default_qcfg	= qnic_default_qcfg,
	.ndo_validate_qcfg	= qnic_validate_qcfg,
#ifdef QNIC_HAVE_RX_PAGE_SIZE
	.supported_params	= QCFG_RX_PAGE_SIZE,
#endif
};

#else

static int qnic_queue_mem_alloc(struct net_device *dev, void *mem, int idx)
{
	return qnic_rxmem_alloc(netdev_priv(dev), mem, idx, PAGE_SIZE);
}

const struct netdev_queue_mgmt_ops qnic_queue_ops = {
	.ndo_queue_mem_size	= sizeof(struct qnic_rxmem),
	.ndo_queue_mem_alloc	= qnic_queue_mem_alloc,
	.ndo_queue_mem_free	= qnic_queue_mem_free,
	.ndo_queue_start	= qnic_queue_start,
	.ndo_queue_stop		= qnic_queue_stop,
};

#endif
