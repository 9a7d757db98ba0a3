/* SPDX-License-Identifier: GPL-2.0 */
/* Fault injection for the device and the driver. */
#ifndef QNIC_FAULT_H
#define QNIC_FAULT_H

#include <linux/atomic.h>
#include <linux/types.h>

enum qnic_fault_kind {
	QNIC_DROP, QNIC_CORRUPT, QNIC_DUPLICATE, QNIC_REORDER, QNIC_FAIL_ALLOC,
	QNIC_FAULTS,
};

struct qnic_faults {
	u32		every[QNIC_FAULTS];	/* 0: never */
	atomic_t	seen[QNIC_FAULTS];
	atomic64_t	hits[QNIC_FAULTS];
	atomic_t	refuse_restart;		/* remaining refusals */
	atomic64_t	restarts_refused;
	bool		stop_completing;
	u32		complete_delay_us;
};

bool qnic_fault(struct qnic_faults *f, enum qnic_fault_kind kind);
bool qnic_fault_restart(struct qnic_faults *f);

#endif
