// SPDX-License-Identifier: GPL-2.0
/* Counters for fault injection; configured by debugfs.c. */
#include <linux/compiler.h>

#include "fault.h"

/* Return whether this event fails. */
bool qnic_fault(struct qnic_faults *f, enum qnic_fault_kind kind)
{
	u32 every = READ_ONCE(f->every[kind]);

	if (likely(!every) || (u32)atomic_inc_return(&f->seen[kind]) % every)
		return false;
	atomic64_inc(&f->hits[kind]);
	return true;
}

/* Return whether to refuse this start of a queue. */
bool qnic_fault_restart(struct qnic_faults *f)
{
	if (atomic_dec_if_positive(&f->refuse_restart) < 0)
		return false;
	atomic64_inc(&f->restarts_refused);
	return true;
}
