// SPDX-License-Identifier: GPL-2.0
/* The module: its ports, which are platform devices connected in pairs. */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rtnetlink.h>
#include <net/netdev_lock.h>

#include "hw_bus.h"
#include "qnic.h"

static unsigned int queues = 4;
module_param(queues, uint, 0444);
MODULE_PARM_DESC(queues, "initial number of queue pairs per port, at most 128");

static unsigned int pairs = 1;
module_param(pairs, uint, 0444);
MODULE_PARM_DESC(pairs, "pairs of ports: port 2k is connected to port 2k+1");

static bool rss = true;
module_param(rss, bool, 0444);
MODULE_PARM_DESC(rss, "whether the ports' RSS tables can be read and set");

static struct platform_device *qnic_pdev[2 * QNIC_MAX_PAIRS];
static struct qnic_port *qnic_port[2 * QNIC_MAX_PAIRS];	/* protected by RTNL */

static int qnic_open(struct net_device *dev)
{
	int err = qnic_up(dev);

	if (!err)
		qnic_carrier(netdev_priv(dev));
	return err;
}

static int qnic_stop(struct net_device *dev)
{
	/* netif_running() is false by now, so this takes the link down */
	qnic_carrier(netdev_priv(dev));
	qnic_down(dev);
	return 0;
}

static void qnic_tx_timeout(struct net_device *dev, unsigned int i)
{
	struct qnic_port *p = netdev_priv(dev);

	p->tx_timeouts++;
	netdev_err(dev, "transmit queue %u: no completions\n", i);
	qnic_hw_tx_kick(&p->hw);
}

static int qnic_set_features(struct net_device *dev, netdev_features_t features)
{
	struct qnic_port *p = netdev_priv(dev);

	WRITE_ONCE(p->hw.gro, !!(features & NETIF_F_GRO_HW));
	WRITE_ONCE(p->hw.ntuple, !!(features & NETIF_F_NTUPLE));
	return 0;
}

static void qnic_interrupt(struct qnic_hw *hw, unsigned int i)
{
	struct qnic_port *p = container_of(hw, struct qnic_port, hw);

	napi_schedule(&p->rxq[i].napi);
}

static const struct net_device_ops qnic_ops = {
	.ndo_open		= qnic_open,
	.ndo_stop		= qnic_stop,
	.ndo_start_xmit		= qnic_xmit,
	.ndo_tx_timeout		= qnic_tx_timeout,
	.ndo_get_stats64	= qnic_get_stats64,
	.ndo_set_features	= qnic_set_features,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_set_mac_address	= eth_mac_addr,
};

static void qnic_setup(struct net_device *dev)
{
	dev->netdev_ops = &qnic_ops;
	dev->ethtool_ops = rss ? &qnic_ethtool_ops : &qnic_ethtool_ops_no_rss;
	dev->queue_mgmt_ops = &qnic_queue_ops;
	dev->stat_ops = &qnic_stat_ops;
	dev->request_ops_lock = true;
	dev->netmem_tx = QNIC_NETMEM_TX;
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO |
			   NETIF_F_TSO6 | NETIF_F_RXCSUM | NETIF_F_RXHASH |
			   NETIF_F_NTUPLE | NETIF_F_GRO_HW;
	dev->features = dev->hw_features | NETIF_F_HIGHDMA;
	qnic_set_features(dev, dev->features);
	dev->vlan_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO |
			     NETIF_F_TSO6 | NETIF_F_HIGHDMA;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = QNIC_MTU_MAX;
	netif_carrier_off(dev);
}

/* The permanent address belongs to the device and survives a replug. */
static void qnic_address(struct net_device *dev, int id)
{
	u8 addr[ETH_ALEN] = { 0x02, 'q', 'n', 'i', 'c', id };

	eth_hw_addr_set(dev, addr);
}

static void qnic_free(struct qnic_port *p)
{
	struct qnic_rxq *rxq = p->rxq;
	struct qnic_txq *txq = p->txq;

	qnic_hw_free(&p->hw);
	/* its list still contains the NAPI contexts of the queues */
	free_netdev(p->dev);
	kvfree(rxq);
	kvfree(txq);
}

static struct qnic_port *qnic_alloc(struct device *parent, struct qnic_bus *bus)
{
	struct net_device *dev;
	struct qnic_port *p;
	unsigned int i;

	dev = alloc_etherdev_mqs(sizeof(*p), QNIC_MAX_QUEUES, QNIC_MAX_QUEUES);
	if (!dev)
		return NULL;
	netif_set_real_num_queues(dev, queues, queues);
	SET_NETDEV_DEV(dev, parent);
	p = netdev_priv(dev);
	p->dev = dev;
	p->dma_dev = parent;
	p->hw.interrupt = qnic_interrupt;
	p->rx_size = QNIC_RX_RING;
	p->tx_size = QNIC_TX_RING;
	qnic_link_init(p);
	p->rxq = kvcalloc(QNIC_MAX_QUEUES, sizeof(*p->rxq), GFP_KERNEL);
	p->txq = kvcalloc(QNIC_MAX_QUEUES, sizeof(*p->txq), GFP_KERNEL);
	if (qnic_hw_init(&p->hw, bus, queues) || !p->rxq || !p->txq) {
		qnic_free(p);
		return NULL;
	}
	qnic_setup(dev);
	for (i = 0; i < QNIC_MAX_QUEUES; i++) {
		p->rxq[i].port = p;
		p->txq[i].port = p;
		p->rxq[i].hw = &p->hw.rxq[i];
		u64_stats_init(&p->rxq[i].sync);
		u64_stats_init(&p->txq[i].sync);
		u64_stats_init(&p->txq[i].xmit_sync);
		netif_napi_add_config(dev, &p->rxq[i].napi, qnic_poll, i);
	}
	return p;
}

/* Connect or disconnect the two ports of a pair; called with RTNL held. */
static void qnic_join(unsigned int id, bool join)
{
	struct qnic_port *a = qnic_port[id & ~1], *b = qnic_port[id | 1];

	if (a && b)
		qnic_link_join(a, b, join);
}

static int qnic_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct qnic_bus *bus = qnic_bus_of(dev);
	struct qnic_port *p;
	int err;

	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	p = qnic_alloc(dev, bus);
	if (!p)
		return -ENOMEM;
	qnic_address(p->dev, pdev->id);
	qnic_debugfs_add(p);
	err = register_netdev(p->dev);
	if (err) {
		qnic_debugfs_remove(p);
		qnic_free(p);
		return err;
	}
	rtnl_lock();
	qnic_port[pdev->id] = p;
	qnic_join(pdev->id, true);
	rtnl_unlock();
	return 0;
}

static void qnic_remove(struct platform_device *pdev)
{
	struct qnic_port *p = qnic_port[pdev->id];

	qnic_debugfs_remove(p);
	qnic_link_exit(p);
	rtnl_lock();
	qnic_join(pdev->id, false);
	qnic_port[pdev->id] = NULL;
	rtnl_unlock();
	/* frames in flight to this port */
	synchronize_net();
	unregister_netdev(p->dev);
	qnic_free(p);
}

static struct platform_driver qnic_driver = {
	.probe	= qnic_probe,
	.remove	= qnic_remove,
	.driver	= { .name = QNIC_NAME },
};

static void qnic_remove_port(unsigned int i)
{
	struct platform_device *pdev = qnic_pdev[i];

	qnic_pdev[i] = NULL;
	if (!pdev)
		return;
	platform_device_del(pdev);
	qnic_bus_destroy(qnic_bus_of(&pdev->dev));
	platform_device_put(pdev);
}

static void qnic_remove_ports(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(qnic_pdev); i++)
		qnic_remove_port(i);
}

static int qnic_add_port(unsigned int i)
{
	struct platform_device *pdev = platform_device_alloc(QNIC_NAME, i);
	struct qnic_bus *bus;
	int err = -ENOMEM;

	if (!pdev)
		return -ENOMEM;
	pdev->platform_dma_mask = DMA_BIT_MASK(64);
	pdev->dev.coherent_dma_mask = DMA_BIT_MASK(64);
	bus = qnic_bus_create(&pdev->dev, i);
	if (!bus)
		goto err_put;
	err = platform_device_add_data(pdev, &bus, sizeof(bus));
	if (!err)
		err = platform_device_add(pdev);
	if (err)
		goto err_bus;
	qnic_pdev[i] = pdev;
	return 0;

err_bus:
	qnic_bus_destroy(bus);
err_put:
	platform_device_put(pdev);
	return err;
}

static int qnic_add_ports(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < 2 * pairs; i++) {
		err = qnic_add_port(i);
		if (err) {
			qnic_remove_ports();
			return err;
		}
	}
	return 0;
}

static int __init qnic_init(void)
{
	int err;

	if (!queues || queues > QNIC_MAX_QUEUES || !pairs || pairs > QNIC_MAX_PAIRS)
		return -EINVAL;
	err = qnic_wire_init();
	if (err)
		return err;
	qnic_debugfs_init();
	err = platform_driver_register(&qnic_driver);
	if (err)
		goto err_wire;
	err = qnic_add_ports();
	if (!err)
		return 0;
	platform_driver_unregister(&qnic_driver);
err_wire:
	qnic_debugfs_exit();
	qnic_wire_exit();
	return err;
}

static void __exit qnic_exit(void)
{
	qnic_remove_ports();
	platform_driver_unregister(&qnic_driver);
	qnic_debugfs_exit();
	qnic_wire_exit();
}

module_init(qnic_init);
module_exit(qnic_exit);
MODULE_DESCRIPTION("Emulated NIC with device-memory TCP");
MODULE_LICENSE("GPL");
