// SPDX-License-Identifier: GPL-2.0
/*
 * Going wrong on command.  In debugfs below qnic/<port>/:
 *
 *   drop_every corrupt_every duplicate_every reorder_every
 *                        every so many of the frames that the port sends
 *   fail_alloc_every     every so many receive buffer allocations
 *   refuse_restart       refuse so many starts of a queue by the kernel
 *   link_down_ms         written: lose the link for so long
 *   tx_delay_us          time from the doorbell to the reading of a frame
 *   complete_delay_us    time from sending a frame to its completion
 *   stop_completing      complete nothing until it is cleared
 *   rate_mbps            speed of the wire, 0: no limit
 *   tx_in_flight         frames' descriptors given and not completed
 */
#include <linux/debugfs.h>
#include <linux/rtnetlink.h>

#include "qnic.h"

static struct dentry *qnic_debugfs;

static const char * const qnic_fault_files[QNIC_FAULTS] = {
	[QNIC_DROP]		= "drop_every",
	[QNIC_CORRUPT]		= "corrupt_every",
	[QNIC_DUPLICATE]	= "duplicate_every",
	[QNIC_REORDER]		= "reorder_every",
	[QNIC_FAIL_ALLOC]	= "fail_alloc_every",
};

/* Whether this is the one to go wrong. */
bool qnic_fault(struct qnic_port *p, enum qnic_fault what)
{
	u32 every = READ_ONCE(p->faults.every[what]);

	if (likely(!every) ||
	    (u32)atomic_inc_return(&p->faults.seen[what]) % every)
		return false;
	atomic64_inc(&p->faults.hits[what]);
	return true;
}

static void qnic_link_up(struct work_struct *work)
{
	struct qnic_port *p = container_of(to_delayed_work(work),
					   struct qnic_port, faults.link_up);

	rtnl_lock();
	p->faults.link_down = false;
	qnic_carrier(p);
	rtnl_unlock();
}

static int qnic_link_down_set(void *data, u64 ms)
{
	struct qnic_port *p = data;

	if (ms > 10 * 60 * MSEC_PER_SEC)
		return -ERANGE;
	rtnl_lock();
	p->faults.link_down = true;
	p->faults.link_downs++;
	qnic_carrier(p);
	rtnl_unlock();
	cancel_delayed_work(&p->faults.link_up);
	schedule_delayed_work(&p->faults.link_up, msecs_to_jiffies(ms));
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(qnic_link_down_fops, NULL, qnic_link_down_set, "%llu\n");

/* The settings that queues waiting already must look at again. */

static int qnic_stop_completing_get(void *data, u64 *val)
{
	struct qnic_port *p = data;

	*val = p->faults.stop_completing;
	return 0;
}

static int qnic_stop_completing_set(void *data, u64 val)
{
	struct qnic_port *p = data;

	WRITE_ONCE(p->faults.stop_completing, !!val);
	qnic_txhw_kick(p);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(qnic_stop_completing_fops, qnic_stop_completing_get,
			 qnic_stop_completing_set, "%llu\n");

static int qnic_tx_in_flight_get(void *data, u64 *val)
{
	struct qnic_port *p = data;
	unsigned int i;

	*val = 0;
	for (i = 0; i < p->dev->num_tx_queues; i++)
		*val += READ_ONCE(p->txq[i].head) - READ_ONCE(p->txq[i].tail);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(qnic_tx_in_flight_fops, qnic_tx_in_flight_get, NULL,
			 "%llu\n");

void qnic_faults_add(struct qnic_port *p)
{
	struct qnic_faults *f = &p->faults;
	int i;

	INIT_DELAYED_WORK(&f->link_up, qnic_link_up);
	f->dir = debugfs_create_dir(dev_name(p->dma_dev), qnic_debugfs);
	for (i = 0; i < QNIC_FAULTS; i++)
		debugfs_create_u32(qnic_fault_files[i], 0600, f->dir, &f->every[i]);
	debugfs_create_atomic_t("refuse_restart", 0600, f->dir, &f->refuse_restart);
	debugfs_create_file("link_down_ms", 0200, f->dir, p, &qnic_link_down_fops);
	debugfs_create_u32("tx_delay_us", 0600, f->dir, &p->tx_delay_us);
	debugfs_create_u32("complete_delay_us", 0600, f->dir, &f->complete_delay_us);
	debugfs_create_u32("rate_mbps", 0600, f->dir, &p->rate_mbps);
	debugfs_create_file("stop_completing", 0600, f->dir, p,
			    &qnic_stop_completing_fops);
	debugfs_create_file("tx_in_flight", 0400, f->dir, p,
			    &qnic_tx_in_flight_fops);
	qnic_busfs_add(p->bus, f->dir);
}

void qnic_faults_remove(struct qnic_port *p)
{
	debugfs_remove_recursive(p->faults.dir);
	cancel_delayed_work_sync(&p->faults.link_up);
}

void qnic_faults_init(void)
{
	qnic_debugfs = debugfs_create_dir(QNIC_NAME, NULL);
}

void qnic_faults_exit(void)
{
	debugfs_remove_recursive(qnic_debugfs);
}
