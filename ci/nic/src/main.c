// SPDX-License-Identifier: GPL-2.0
/* The module: its ports, which are platform devices joined in pairs. */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rtnetlink.h>
#include <net/netdev_lock.h>

#include "qnic.h"

static unsigned int queues = 4;
module_param(queues, uint, 0444);
MODULE_PARM_DESC(queues, "queue pairs of a port to start with, at most 128");

static unsigned int pairs = 1;
module_param(pairs, uint, 0444);
MODULE_PARM_DESC(pairs, "pairs of ports: port 2k is joined to port 2k+1");

static struct platform_device *qnic_pdev[2 * QNIC_MAX_PAIRS];
static struct qnic_port *qnic_port[2 * QNIC_MAX_PAIRS];	/* below RTNL */

/* The link is there when both ends are up and nobody took it away. */
void qnic_carrier(struct qnic_port *p)
{
	struct qnic_port *peer = rtnl_dereference(p->peer);

	ASSERT_RTNL();
	if (peer && netif_running(p->dev) && netif_running(peer->dev) &&
	    !p->faults.link_down && !peer->faults.link_down) {
		netif_carrier_on(p->dev);
		netif_carrier_on(peer->dev);
		return;
	}
	netif_carrier_off(p->dev);
	if (peer)
		netif_carrier_off(peer->dev);
}

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
	qnic_txhw_kick(p);
}

static const struct net_device_ops qnic_ops = {
	.ndo_open		= qnic_open,
	.ndo_stop		= qnic_stop,
	.ndo_start_xmit		= qnic_xmit,
	.ndo_tx_timeout		= qnic_tx_timeout,
	.ndo_get_stats64	= qnic_get_stats64,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_set_mac_address	= eth_mac_addr,
};

static void qnic_setup(struct net_device *dev)
{
	dev->netdev_ops = &qnic_ops;
	dev->ethtool_ops = &qnic_ethtool_ops;
	dev->queue_mgmt_ops = &qnic_queue_ops;
	dev->stat_ops = &qnic_stat_ops;
	dev->request_ops_lock = true;
#ifdef QNIC_HAVE_NETMEM_TX_MODE
	dev->netmem_tx = NETMEM_TX_DMA;
#else
	dev->netmem_tx = true;
#endif
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO |
			   NETIF_F_TSO6 | NETIF_F_RXCSUM | NETIF_F_RXHASH |
			   NETIF_F_NTUPLE | NETIF_F_GRO_HW;
	dev->features = dev->hw_features | NETIF_F_HIGHDMA;
	dev->vlan_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO |
			     NETIF_F_TSO6 | NETIF_F_HIGHDMA;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = QNIC_MTU_MAX;
	eth_hw_addr_random(dev);
	netif_carrier_off(dev);
}

static void qnic_free(struct qnic_port *p)
{
	kvfree(p->rxq);
	kvfree(p->txq);
	free_netdev(p->dev);
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
	p->bus = bus;
	p->rx_size = QNIC_RX_RING;
	p->tx_size = QNIC_TX_RING;
	spin_lock_init(&p->rate_lock);
	qnic_steering_init(p);
	p->rxq = kvcalloc(QNIC_MAX_QUEUES, sizeof(*p->rxq), GFP_KERNEL);
	p->txq = kvcalloc(QNIC_MAX_QUEUES, sizeof(*p->txq), GFP_KERNEL);
	if (!p->rxq || !p->txq) {
		qnic_free(p);
		return NULL;
	}
	qnic_setup(dev);
	for (i = 0; i < QNIC_MAX_QUEUES; i++) {
		p->rxq[i].port = p;
		p->txq[i].port = p;
		p->txq[i].napi = &p->rxq[i].napi;
		spin_lock_init(&p->rxq[i].lock);
		qnic_txhw_init(&p->txq[i]);
		netif_napi_add_config(dev, &p->rxq[i].napi, qnic_poll, i);
	}
	return p;
}

/* Join or part the two ports of a pair; with RTNL held. */
static void qnic_join(unsigned int id, bool join)
{
	struct qnic_port *a = qnic_port[id & ~1], *b = qnic_port[id | 1];

	if (!a || !b)
		return;
	rcu_assign_pointer(a->peer, join ? b : NULL);
	rcu_assign_pointer(b->peer, join ? a : NULL);
	qnic_carrier(a);
	qnic_carrier(b);
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
	qnic_faults_add(p);
	err = register_netdev(p->dev);
	if (err) {
		qnic_faults_remove(p);
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

	qnic_faults_remove(p);
	rtnl_lock();
	qnic_join(pdev->id, false);
	qnic_port[pdev->id] = NULL;
	rtnl_unlock();
	/* frames under way to this port */
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
	qnic_faults_init();
	err = platform_driver_register(&qnic_driver);
	if (err)
		goto err_wire;
	err = qnic_add_ports();
	if (!err)
		return 0;
	platform_driver_unregister(&qnic_driver);
err_wire:
	qnic_faults_exit();
	qnic_wire_exit();
	return err;
}

static void __exit qnic_exit(void)
{
	qnic_remove_ports();
	platform_driver_unregister(&qnic_driver);
	qnic_faults_exit();
	qnic_wire_exit();
}

module_init(qnic_init);
module_exit(qnic_exit);
MODULE_DESCRIPTION("Emulated NIC with device-memory TCP");
MODULE_LICENSE("GPL");
