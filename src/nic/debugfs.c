// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection.  In debugfs below qnic/<port>/:
 *
 *   drop_every corrupt_every duplicate_every reorder_every
 *                        every Nth frame that the port sends
 *   fail_alloc_every     fail every Nth receive buffer allocation
 *   refuse_restart       refuse the next N starts of a queue by the kernel
 *   link_down_ms         written: take the link down for this time
 *   tx_delay_us          time from the doorbell to the reading of a frame
 *   complete_delay_us    time from sending a frame to its completion
 *   stop_completing      stop completions until it is cleared
 *   rate_mbps            speed of the wire, 0: no limit
 *   tx_in_flight         descriptors posted and not completed
 */
#include <linux/debugfs.h>

#include "hw_bus.h"
#include "qnic.h"

static struct dentry *qnic_debugfs;

static const char * const qnic_fault_files[QNIC_FAULTS] = {
	[QNIC_DROP]		= "drop_every",
	[QNIC_CORRUPT]		= "corrupt_every",
	[QNIC_DUPLICATE]	= "duplicate_every",
	[QNIC_REORDER]		= "reorder_every",
	[QNIC_FAIL_ALLOC]	= "fail_alloc_every",
};

static int qnic_link_down_set(void *data, u64 ms)
{
	struct qnic_port *p = data;

	if (ms > 10 * 60 * MSEC_PER_SEC)
		return -ERANGE;
	qnic_link_lose(p, ms);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(qnic_link_down_fops, NULL, qnic_link_down_set, "%llu\n");

/* Settings that waiting queues must reread. */

static int qnic_stop_completing_get(void *data, u64 *val)
{
	struct qnic_port *p = data;

	*val = p->hw.faults.stop_completing;
	return 0;
}

static int qnic_stop_completing_set(void *data, u64 val)
{
	struct qnic_port *p = data;

	WRITE_ONCE(p->hw.faults.stop_completing, !!val);
	qnic_hw_tx_kick(&p->hw);
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

void qnic_debugfs_add(struct qnic_port *p)
{
	struct qnic_faults *f = &p->hw.faults;
	int i;

	p->dir = debugfs_create_dir(dev_name(p->dma_dev), qnic_debugfs);
	for (i = 0; i < QNIC_FAULTS; i++)
		debugfs_create_u32(qnic_fault_files[i], 0600, p->dir, &f->every[i]);
	debugfs_create_atomic_t("refuse_restart", 0600, p->dir, &f->refuse_restart);
	debugfs_create_file("link_down_ms", 0200, p->dir, p, &qnic_link_down_fops);
	debugfs_create_u32("tx_delay_us", 0600, p->dir, &p->hw.tx_delay_us);
	debugfs_create_u32("complete_delay_us", 0600, p->dir, &f->complete_delay_us);
	debugfs_create_u32("rate_mbps", 0600, p->dir, &p->hw.rate_mbps);
	debugfs_create_file("stop_completing", 0600, p->dir, p,
			    &qnic_stop_completing_fops);
	debugfs_create_file("tx_in_flight", 0400, p->dir, p,
			    &qnic_tx_in_flight_fops);
	qnic_busfs_add(p->hw.bus, p->dir);
}

void qnic_debugfs_remove(struct qnic_port *p)
{
	debugfs_remove_recursive(p->dir);
}

void qnic_debugfs_init(void)
{
	qnic_debugfs = debugfs_create_dir(QNIC_NAME, NULL);
}

void qnic_debugfs_exit(void)
{
	debugfs_remove_recursive(qnic_debugfs);
}
