// SPDX-License-Identifier: GPL-2.0
/* Creation of a port's device half. */
#include <linux/mm.h>

#include "hw_frame.h"

int qnic_hw_init(struct qnic_hw *hw, struct qnic_bus *bus, unsigned int queues)
{
	unsigned int i;

	hw->bus = bus;
	spin_lock_init(&hw->rate_lock);
	qnic_steering_init(hw, queues);
	hw->rxq = kvcalloc(QNIC_MAX_QUEUES, sizeof(*hw->rxq), GFP_KERNEL);
	hw->txq = kvcalloc(QNIC_MAX_QUEUES, sizeof(*hw->txq), GFP_KERNEL);
	if (!hw->rxq || !hw->txq) {
		qnic_hw_free(hw);
		return -ENOMEM;
	}
	for (i = 0; i < QNIC_MAX_QUEUES; i++) {
		spin_lock_init(&hw->rxq[i].lock);
		u64_stats_init(&hw->rxq[i].sync);
		qnic_wire_queue_init(hw, &hw->txq[i]);
	}
	return 0;
}

void qnic_hw_free(struct qnic_hw *hw)
{
	kvfree(hw->rxq);
	kvfree(hw->txq);
	hw->rxq = NULL;
	hw->txq = NULL;
}
