/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels this builds for.  The Makefile looks into
 * their headers and defines QNIC_HAVE_*; nothing here asks for a version.
 */
#ifndef QNIC_COMPAT_H
#define QNIC_COMPAT_H

#include <linux/dma-mapping.h>
#include <linux/workqueue.h>

#ifndef QNIC_HAVE_WQ_PERCPU
#define WQ_PERCPU	0	/* it was the default */
#endif

#ifndef QNIC_HAVE_QCFG
/* A queue's configuration then was not passed to the queue operations. */
struct netdev_queue_config {
	u32	rx_page_size;
};
#endif

#endif
