// SPDX-License-Identifier: GPL-2.0
/* The link between the two ports of a pair. */
#include <linux/rtnetlink.h>

#include "qnic.h"

static void qnic_carrier_set(struct qnic_port *p, bool on)
{
	WRITE_ONCE(p->hw.link, on);
	if (on)
		netif_carrier_on(p->dev);
	else
		netif_carrier_off(p->dev);
}

/* The link is up if both ends are and neither was taken down by debugfs. */
void qnic_carrier(struct qnic_port *p)
{
	struct qnic_port *peer = p->peer;
	bool on;

	ASSERT_RTNL();
	on = peer && netif_running(p->dev) && netif_running(peer->dev) &&
	     !p->link_down && !peer->link_down;
	qnic_carrier_set(p, on);
	if (peer)
		qnic_carrier_set(peer, on);
}

/* Connect or disconnect the two ports of a pair. */
void qnic_link_join(struct qnic_port *a, struct qnic_port *b, bool join)
{
	ASSERT_RTNL();
	a->peer = join ? b : NULL;
	b->peer = join ? a : NULL;
	rcu_assign_pointer(a->hw.peer, join ? &b->hw : NULL);
	rcu_assign_pointer(b->hw.peer, join ? &a->hw : NULL);
	qnic_carrier(a);
	qnic_carrier(b);
}

static void qnic_link_up(struct work_struct *work)
{
	struct qnic_port *p = container_of(to_delayed_work(work),
					   struct qnic_port, link_up);

	rtnl_lock();
	p->link_down = false;
	qnic_carrier(p);
	rtnl_unlock();
}

/* Take the link down for this time. */
void qnic_link_lose(struct qnic_port *p, unsigned long ms)
{
	rtnl_lock();
	p->link_down = true;
	p->link_downs++;
	qnic_carrier(p);
	rtnl_unlock();
	cancel_delayed_work(&p->link_up);
	schedule_delayed_work(&p->link_up, msecs_to_jiffies(ms));
}

void qnic_link_init(struct qnic_port *p)
{
	INIT_DELAYED_WORK(&p->link_up, qnic_link_up);
}

void qnic_link_exit(struct qnic_port *p)
{
	cancel_delayed_work_sync(&p->link_up);
}
